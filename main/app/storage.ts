/** How much the data folder holds, by what it is for. Reads sizes, never contents. */
import { readdir, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Storage } from '../../preload/contract.ts'
import { modelsFolder } from './data-folder.ts'

/** Bytes of all files in a folder; 0 where there is none. A file that goes meanwhile counts nothing. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  let bytes = 0
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = await stat(path.join(entry.parentPath, entry.name)).catch(() => null)
    bytes += file?.size ?? 0
  }
  return bytes
}

/** @param folder the data folder, absolute */
export async function storageOf(folder: string): Promise<Storage> {
  const models = modelsFolder(folder)
  const inside = !path.relative(folder, models).startsWith('..')
  const [all, runs, voices, kept, disk] = await Promise.all([
    bytesIn(folder),
    bytesIn(path.join(folder, 'runs')),
    bytesIn(path.join(folder, 'voices')),
    bytesIn(models),
    statfs(folder),
  ])
  return {
    folder,
    library: all - runs - voices - (inside ? kept : 0),
    voices: runs + voices,
    models: kept,
    free: disk.bavail * disk.bsize,
  }
}
