/** Files that lie beside the project, not in it: `../shared`. Tests that need one are skipped where it is absent. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'

/** Absolute path of a file or folder in `../shared`, or null. */
export function shared(...parts: string[]): string | null {
  const file = path.join(projectFolder(), '..', 'shared', ...parts)
  return existsSync(file) ? file : null
}
