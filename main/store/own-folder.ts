/** How a data folder is told from a folder of writing: what stands in it, and where. Opens nothing. */
import { existsSync } from 'node:fs'
import path from 'node:path'

export const DATABASE = 'library.db'
export const LOCK = 'lock.db'
/** Folder in it of the files that the app wrote into, as they were before. */
export const ORIGINALS = 'originals'

/** Is this a data folder: ours, or another? */
export function isDataFolder(folder: string): boolean {
  return existsSync(path.join(folder, DATABASE)) && existsSync(path.join(folder, LOCK))
}

/**
 * Is this a data folder, or does it stand among the originals of one? Elsewhere in a data folder there may be writing:
 * pasted texts are kept there, and an owner may keep pieces beside them.
 * @param folder absolute, without links
 */
export function isOwnFolder(folder: string): boolean {
  let inside = ''
  for (let at = folder; ; at = path.dirname(at)) {
    if (isDataFolder(at)) return at === folder || inside === ORIGINALS
    if (path.dirname(at) === at) return false
    inside = path.basename(at)
  }
}
