/** The data folder as it is made: what an owner writes is for no other user of the machine. One that is there stays as it is. */
import { mkdirSync, statSync } from 'node:fs'
import { IdiolectError } from '../errors.ts'
import { storeError } from './errors.ts'

/** Errors: IdiolectError `DataFolderUnusable`, `DiskFull`. */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (isFile(folder))
      throw new IdiolectError(
        'DataFolderUnusable',
        `${folder} is a file, and the data needs a folder`,
        'Name a folder, or one that is still to be made.',
        { cause: error },
      )
    throw storeError(error, folder)
  }
}

function isFile(folder: string): boolean {
  try {
    return !statSync(folder).isDirectory()
  } catch {
    return false
  }
}
