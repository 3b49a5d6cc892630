/**
 * Where the built worker and child entries are and the files that come with the app, from the bundle, from Electron's
 * archive and from tests run on the sources alike.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { IdiolectError } from './errors.ts'

export type EntryName = 'trainer-worker' | 'import-worker' | 'probe-child' | 'device-child'

/** Folder of the project, or Electron's archive, which only Electron reads: the nearest one above this file with a package.json. */
export function projectFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder)
    if (parent === folder) throw new IdiolectError('MissingFiles', 'package.json was not found above the program', null)
    folder = parent
  }
  return folder
}

/**
 * The same file outside of Electron's archive, where it stands as a real one (electron-builder.yml, asarUnpack): for
 * whatever is opened by a native library, started as a process or read by another thread. Other paths are left as they are.
 */
export function unpacked(file: string): string {
  return file.replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
}

/** Absolute path of a folder of resources/, of real files. */
export function resourceFolder(name: string, project = projectFolder()): string {
  return unpacked(path.join(project, 'resources', name))
}

/** Absolute path of a built entry. */
export function entryFile(name: EntryName, project = projectFolder()): string {
  const file = unpacked(path.join(project, 'out', 'main', `${name}.js`))
  if (existsSync(file)) return file
  throw new IdiolectError('NotBuilt', `${file} is missing`, 'Run `npm run build`, or `npm start`, which builds first.')
}
