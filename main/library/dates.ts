/** Dates as people write them in front matter and file names, as ISO 8601. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `2024-05-17`, with a time (and zone) where one was written; null when `value` is no date. */
export function parseDate(value: unknown): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const text = String(value).trim()
  const numeric =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?/i.exec(
      text,
    )
  if (numeric) {
    const day = isoDay(Number(numeric[1]), Number(numeric[2]), Number(numeric[3]))
    if (day === null || numeric[4] === undefined) return day
    return withTime(day, numeric[4], numeric[5] ?? '00', numeric[6] ?? '00', numeric[7])
  }
  const packed = /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  if (packed) return isoDay(Number(packed[1]), Number(packed[2]), Number(packed[3]))
  const month = /^(\d{4})(?:[-/](\d{1,2}))?$/.exec(text)
  if (month) return isoDay(Number(month[1]), Number(month[2] ?? 1), 1)
  // 17 May 2024, Fri, 17 May 2024 …, May 17th, 2024
  const named =
    /^(?:\p{L}+,?\s+)?(?<d>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?<m>\p{L}{3,9})\.?,?\s+(?<y>\d{4})/u.exec(text) ??
    /^(?:\p{L}+,\s+)?(?<m>\p{L}{3,9})\.?\s+(?<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<y>\d{4})/u.exec(text)
  if (!named?.groups) return null
  const index = MONTHS.indexOf((named.groups.m ?? '').slice(0, 3).toLowerCase())
  return index < 0 ? null : isoDay(Number(named.groups.y), index + 1, Number(named.groups.d))
}

/** The date that a file's name begins with (`2024-05-17-…`, `20240517…`), and the rest of the name. */
export function dateFromName(stem: string): { date: string | null; rest: string } {
  const match = /^(\d{4})([-_.]?)(\d{2})\2(\d{2})(?:$|(?=\D)[-_.\s]*)/.exec(stem)
  const date = match ? isoDay(Number(match[1]), Number(match[3]), Number(match[4])) : null
  return match && date !== null ? { date, rest: stem.slice(match[0].length) } : { date: null, rest: stem }
}

function isoDay(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day))
  // Date wraps 30 February into March: such a day is no date.
  if (year < 1000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return date.toISOString().slice(0, 10)
}

function withTime(day: string, hours: string, minutes: string, seconds: string, zone = ''): string {
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(-2)}` : zone === '' ? '' : 'Z'
  const text = `${day}T${hours.padStart(2, '0')}:${minutes}:${seconds}${offset}`
  return Number.isNaN(Date.parse(text)) ? day : text
}
