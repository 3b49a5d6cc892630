import { language, words } from '../words/words.ts'

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 })
const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })

export function formatNumber(value: number): string {
  return whole.format(value)
}

/** With exactly `digits` digits after the point. */
export function formatFixed(value: number, digits = 2): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
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
  return `${short.format(value)} ${units[unit]}`
}

/** A model's size: `135 M`, `1.5 B`. */
export function formatParameters(count: number): string {
  return count >= 1e9 ? `${short.format(count / 1e9)} B` : `${short.format(count / 1e6)} M`
}

/** Seconds as words for a person who waits. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return words.time.seconds(Math.max(1, Math.round(seconds)))
  if (seconds < 3600) return words.time.minutes(Math.round(seconds / 60))
  return words.time.hours(Math.floor(seconds / 3600), Math.round((seconds % 3600) / 60))
}

/** An ISO date (without a time zone of its own) or date and time, as a date. */
export function formatDate(iso: string | null): string {
  if (!iso) return words.time.undated
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : day.format(date)
}

export function formatMoment(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : moment.format(date)
}

export function formatPercent(fraction: number): string {
  return `${whole.format(fraction * 100)}%`
}

/** The last part of a path, whichever slash it is written with. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path
}
