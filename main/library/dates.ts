/** Dates as people write them in front matter and file names, as ISO 8601. */

/** How months begin in English, German, French, Spanish and Italian, without accents. */
const MONTHS: readonly RegExp[] = [
  /^(?:jan|ene|gen)/,
  /^(?:feb|fev)/,
  /^(?:mar|mrz)/,
  /^(?:apr|avr|abr)/,
  /^(?:may|mai|mag)/,
  /^(?:jun|juin|giu)/,
  /^(?:jul|juil|lug)/,
  /^(?:aug|aou|ago)/,
  /^(?:sep|set)/,
  /^(?:oct|okt|ott)/,
  /^nov/,
  /^(?:dec|dez|dic)/,
]

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
  const early = /^(\d{4})(?:[-/](\d{1,2}))?$/.exec(text)
  if (early) return isoDay(Number(early[1]), Number(early[2] ?? 1), 1)
  // 17.05.2024: with points the day stands first wherever that is written; with slashes nobody knows.
  const pointed = /^(?:\p{L}+\.?,?\s+)?(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)/u.exec(text)
  if (pointed) return isoDay(Number(pointed[3]), Number(pointed[2]), Number(pointed[1]))
  const named = (DAY_FIRST.exec(text) ?? MONTH_FIRST.exec(text))?.groups
  const month = named ? monthOf(named.m ?? '') : null
  return month === null ? null : isoDay(Number(named?.y), month, Number(named?.d))
}

/** 17 May 2024, Fri, 17 May 2024 …, 17. Mai 2024, 1er août 2024, 17 de mayo de 2024 */
const DAY_FIRST =
  /^(?:\p{L}+\.?,?\s+)?(?<d>\d{1,2})(?:st|nd|rd|th|er|º)?\.?\s+(?:de\s+)?(?<m>\p{L}{3,10})\.?,?\s+(?:de\s+)?(?<y>\d{4})/u
/** May 17th, 2024, Friday, May 17, 2024 */
const MONTH_FIRST = /^(?:\p{L}+,\s+)?(?<m>\p{L}{3,9})\.?\s+(?<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<y>\d{4})/u

/** 1..12 */
function monthOf(name: string): number | null {
  const plain = name.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
  const index = MONTHS.findIndex((beginning) => beginning.test(plain))
  return index < 0 ? null : index + 1
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
