/**
 * The demo's data folder, which is begun anew each time. Since that deletes it, it is never the owner's own: it has a
 * variable of its own that only `npm run demo` sets, and nothing goes that the demo did not make.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError } from '../errors.ts'

/** Stands in every folder that the demo made. */
const MARK = 'made-by-the-demo'

/**
 * Empties and makes the folder that IDIOLECT_DEMO names.
 * Errors: IdiolectError `NoDemoFolder` where it names none, or one that the demo did not make.
 * @returns absolute path
 */
export function beginDemoFolder(env: NodeJS.ProcessEnv): string {
  if (!env.IDIOLECT_DEMO)
    throw new IdiolectError('NoDemoFolder', 'the demo was started without a folder of its own', 'Use `npm run demo`.')
  const folder = path.resolve(env.IDIOLECT_DEMO)
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(path.join(folder, MARK)))
    throw new IdiolectError(
      'NoDemoFolder',
      `${folder} is there and was not made by this demo; it would be deleted`,
      'If nothing in it is wanted (an earlier version of the demo may have made it), remove it and start again.',
    )
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, MARK), '')
  return folder
}
