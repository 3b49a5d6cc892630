import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'

/** Every Svelte component of the window: its path below `renderer`, and its source. */
export function components(): { name: string; source: string }[] {
  const folder = path.join(projectFolder(), 'renderer')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'))
  return names.map((name) => ({ name, source: readFileSync(path.join(folder, name), 'utf8') }))
}
