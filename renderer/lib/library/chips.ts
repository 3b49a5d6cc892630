/** What the library's list is narrowed by, one chip each, with the filter's part that its removal changes. */
import { words } from '../../words/words.ts'
import { baseName, formatDate } from '../format.ts'
import type { Filter } from './filter.ts'

export interface Chip {
  /** No other chip's: a tag may bear the name of a folder. */
  key: string
  name: string
  without: Partial<Filter>
}

export function chipsOf({ from, to, tags, kinds, statuses, lengths, files, folder }: Filter): Chip[] {
  const { library } = words
  const chips: Chip[] = []
  const add = (part: string, name: string, without: Partial<Filter>): void => {
    chips.push({ key: `${part} ${name}`, name, without })
  }
  if (from !== null || to !== null) add('date', span(from, to), { from: null, to: null })
  for (const tag of tags) add('tag', tag, { tags: without(tags, tag) })
  for (const kind of kinds) add('kind', library.kind[kind], { kinds: without(kinds, kind) })
  for (const status of statuses) add('status', library[status], { statuses: without(statuses, status) })
  for (const length of lengths) add('length', library.length[length], { lengths: without(lengths, length) })
  for (const file of files) add('file', library.file[file], { files: without(files, file) })
  if (folder !== null) add('folder', baseName(folder), { folder: null })
  return chips
}

function without<T>(all: readonly T[], one: T): T[] {
  return all.filter((other) => other !== one)
}

function span(from: string | null, to: string | null): string {
  const years = [from?.slice(0, 4), to?.slice(0, 4)]
  const whole = from?.endsWith('-01-01') && to?.endsWith('-12-31')
  if (whole) return years[0] === years[1] ? String(Number(years[0])) : `${Number(years[0])}–${Number(years[1])}`
  return `${from ? formatDate(from) : '…'} – ${to ? formatDate(to) : '…'}`
}
