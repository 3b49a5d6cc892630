/** Paths as people type or paste them: with `~/` for their home, and in the quotes that a file manager or a shell gave them. */
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** In quotes, perhaps with the name of a file that the window put behind them. */
const QUOTED = /^\s*(["'])(.+)\1((?:[\\/][^"']*)?)\s*$/
const HOME = /^~(?=$|[\\/])/

/** What was meant. A path that is there as it stands is taken as it stands, whatever its name. */
export function typedPath(typed: string, home: string = os.homedir()): string {
  if (!QUOTED.test(typed) && !HOME.test(typed)) return typed
  if (existsSync(path.resolve(typed))) return typed
  return typed.replace(QUOTED, '$2$3').replace(HOME, () => home)
}
