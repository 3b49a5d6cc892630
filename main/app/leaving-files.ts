/**
 * Files that go with a row. Their names are noted in the transaction that removes the row, and they are deleted after it: a
 * kill in between leaves a note, by which the next start deletes them. Knows neither voices nor runs.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError, messageOf } from '../errors.ts'
import type { Store } from '../store/store.ts'

const KEY = 'files.leaving'

type Files = Pick<Store, 'folder' | 'settings'>

const noted = ({ settings }: Pick<Files, 'settings'>): string[] => settings.get<string[]>(KEY) ?? []

/** @param names of files or folders, relative to the data folder */
export function noteLeaving(files: Pick<Files, 'settings'>, names: readonly string[]): void {
  files.settings.set(KEY, [...new Set([...noted(files), ...names])])
}

/** A file that comes again under its old name stays. To be called before it is written. */
export function noteStaying(files: Pick<Files, 'settings'>, name: string): void {
  const names = noted(files)
  if (names.includes(name))
    files.settings.set(
      KEY,
      names.filter((one) => one !== name),
    )
}

/** Deletes what was noted. @returns why something is still there, which the next call tries again; or null */
export function deleteLeaving(files: Files): IdiolectError | null {
  const names = noted(files)
  if (names.length === 0) return null
  let problem: IdiolectError | null = null
  const left = names.filter((name) => {
    const file = path.join(files.folder, name)
    try {
      rmSync(file, { recursive: true, force: true })
      return false
    } catch (error) {
      problem = new IdiolectError(
        'CannotDelete',
        `${file} cannot be deleted: ${messageOf(error)}`,
        'It is tried again when Idiolect starts the next time.',
      )
      return true
    }
  })
  files.settings.set(KEY, left)
  return problem
}
