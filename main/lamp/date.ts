/** Dates as LaMP's files have them: days, years, packed days, and seconds or milliseconds since 1970. */
import { parseDate } from '../library/dates.ts'

/** What parseDate leaves of a zone. */
const ZONED = /T.*(?:Z|[+-]\d{2}:\d{2})$/

/**
 * ISO date or date-time; null for what is no date. A year alone is its first of January, a day stays a day; a time with a
 * zone is given in UTC, so that the texts order as the moments do. A time without one is taken for UTC.
 */
export function isoDate(value: unknown): string | null {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d{9,13}$/.test(value) ? Number(value) : null
  // Eight digits are a day written together; from nine on (1973) they count seconds, from twelve on milliseconds.
  if (number === null || number < 1e8) {
    const parsed = parseDate(value)
    return parsed !== null && ZONED.test(parsed) ? new Date(parsed).toISOString() : parsed
  }
  const time = new Date(number < 1e11 ? number * 1000 : number)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
