/** JSON files from elsewhere: read and checked, every complaint with the file and the place in it. */
import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { IdiolectError, messageOf } from '../errors.ts'

/** Error `BadLampFile`: the file's name, then `what`. */
export function badLampFile(file: string, what: string, next?: string, cause?: unknown): IdiolectError {
  return new IdiolectError('BadLampFile', `${file}${what}`, next ?? 'See the README for the shape of these files.', {
    cause,
  })
}

/** Errors: `BadLampFile`. A file of half a gigabyte and more cannot be held as one text; that is said. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    throw badLampFile(file, ` ${what}: ${messageOf(error)}`, undefined, error)
  }
}

/** `value` as `wanted`, or `BadLampFile` naming the first place that differs. */
export function checkedAs<T>(wanted: z.ZodType<T>, value: unknown, file: string): T {
  const checked = wanted.safeParse(value)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const more = checked.error.issues.length - 1
  throw badLampFile(file, `: ${place(issue?.path ?? [])}: ${issue?.message}${more > 0 ? ` (and ${more} more)` : ''}`)
}

/** `users[3].profile[12].text`; the file itself for an empty path. */
function place(path: PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('')
}
