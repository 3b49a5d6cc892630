/** Numbers, sizes, times and dates as the language at hand writes them. */
import type { Language } from '../words/languages.ts'
import { language, words } from '../words/words.ts'

/** Formatters are dear to make: one of each a language. */
function eachLanguage<T>(make: (language: Language) => T): () => T {
  const made = new Map<Language, T>()
  return () => {
    const at = language()
    const formatter = made.get(at) ?? make(at)
    made.set(at, formatter)
    return formatter
  }
}

const whole = eachLanguage((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }))
const short = eachLanguage((tag) => new Intl.NumberFormat(tag, { maximumSignificantDigits: 3 }))
const share = eachLanguage((tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 }))
const day = eachLanguage((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' }))
const moment = eachLanguage((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }))

export function formatNumber(value: number): string {
  return whole().format(value)
}

/** As it was set, `0.002` or `5e-7` by its digits: to three that count. */
export function formatSetting(value: number): string {
  return short().format(value)
}

/** With exactly `digits` digits after the point. */
export function formatFixed(value: number, digits = 2): string {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  )
}

/** Bytes in decimal units with three significant digits: `91.7 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${short().format(value)} ${units[unit]}`
}

/** A model's size: `135 M`, `1.5 B`. */
export function formatParameters(count: number): string {
  return count >= 1e9 ? `${short().format(count / 1e9)} B` : `${short().format(count / 1e6)} M`
}

/** Seconds as words for a person who waits. */
export function formatSeconds(seconds: number): string {
  // Rounded before the unit is chosen: 59.7 seconds are a minute, and no hour has sixty minutes beside it.
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 60) return words.time.seconds(whole)
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return words.time.minutes(minutes)
  return words.time.hours(Math.floor(minutes / 60), minutes % 60)
}

/** An ISO date (without a time zone of its own) or date and time, as a date. */
export function formatDate(iso: string | null): string {
  if (!iso) return words.time.undated
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : day().format(date)
}

export function formatMoment(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : moment().format(date)
}

export function formatPercent(fraction: number): string {
  return share().format(fraction)
}

/** The last part of a path, whichever slash it is written with. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path
}
