/** Where the built worker and child entries are, from the bundle and from tests run on the sources alike. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { IdiolectError } from './errors.ts'

export type EntryName = 'trainer-worker' | 'import-worker' | 'probe-child' | 'device-child'

/** Folder of the project (or of the unpacked app): the nearest one above this file with a package.json. */
export function projectFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder)
    if (parent === folder) throw new IdiolectError('MissingFiles', 'package.json was not found above the program', null)
    folder = parent
  }
  return folder
}

/** Absolute path of a built entry. */
export function entryFile(name: EntryName): string {
  const file = path.join(projectFolder(), 'out', 'main', `${name}.js`)
  if (existsSync(file)) return file
  throw new IdiolectError('NotBuilt', `${file} is missing`, 'Run `npm run build`, or `npm start`, which builds first.')
}
