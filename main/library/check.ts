/** Are the files still what was read from them? Changes nothing: reading again is the owner's to say. */
import { readFileSync, statSync } from 'node:fs'
import type { FileState } from '../../preload/contract.ts'
import { sha256Of } from '../hash.ts'

export interface ReadFrom {
  path: string
  mtime: number
  size: number
  hash: string
}

/** A file of the same time and size counts as the same; else its content decides. */
export function stateOfFile({ path, mtime, size, hash }: ReadFrom): FileState {
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return 'gone'
    if (Math.floor(stat.mtimeMs) === mtime && stat.size === size) return 'same'
    // Another size is another content: no need to read it.
    if (stat.size !== size) return 'changed'
    return sha256Of(readFileSync(path)) === hash ? 'same' : 'changed'
  } catch (error) {
    const code = (error as { code?: unknown }).code
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unreadable'
  }
}

/** Files looked at before others have their turn. */
const BATCH = 200

/** Ids of those that changed and those that are gone, in order. */
export async function checkFiles(
  files: readonly (ReadFrom & { id: string })[],
): Promise<{ changed: string[]; gone: string[] }> {
  const changed: string[] = []
  const gone: string[] = []
  for (const [index, file] of files.entries()) {
    const state = stateOfFile(file)
    if (state === 'changed') changed.push(file.id)
    else if (state === 'gone') gone.push(file.id)
    if (index % BATCH === BATCH - 1) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { changed, gone }
}
