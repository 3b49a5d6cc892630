/** JSON files from elsewhere: read and checked, every complaint with the file and the place in it. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { IdiolectError, messageOf } from '../errors.ts'

/** Error `BadLampFile`: the file's name, then `what`. */
export function badLampFile(file: string, what: string, next?: string, cause?: unknown): IdiolectError {
  return new IdiolectError(
    'BadLampFile',
    `${file}${what}`,
    next ?? 'See docs/benchmark-files.md for the shape of these files.',
    {
      cause,
    },
  )
}

/** Bytes read at a time from a list too long for one text. */
const CHUNK = 1 << 24
/** Half a gigabyte: about what V8 holds in one string. */
const LONGEST_TEXT = 500_000_000

/** A name of an entry written as a number of so many digits that not all of them are kept: from 2^53 on. */
const LONG_ID = /("(?:id|user_id)"\s*:\s*)(\d{16,})(?=\s*[,}])/g

/** The value; whole numbers of 16 digits and more as ids are taken as text, since two of them may be one number. */
function parsed(text: string): unknown {
  // No text can look like this from inside: its quotes would be escaped.
  return JSON.parse(text.search(LONG_ID) >= 0 ? text.replaceAll(LONG_ID, '$1"$2"') : text)
}

/** The file's value; a long list is read entry by entry. Errors: `BadLampFile`. */
export function readJson(file: string, longest = LONGEST_TEXT): unknown {
  try {
    return statSync(file).size > longest ? readList(file) : parsed(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    throw badLampFile(file, ` ${what}: ${messageOf(error)}`, undefined, error)
  }
}

/** A list of objects (the release's other users come in files of gigabytes); anything else is a SyntaxError. */
function readList(file: string): unknown[] {
  const entries: unknown[] = []
  const descriptor = openSync(file, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const entry: Buffer[] = []
    let depth = 0
    let inText = false
    let escaped = false
    for (let size = readSync(descriptor, chunk); size > 0; size = readSync(descriptor, chunk)) {
      let from = 0
      for (let at = 0; at < size; at++) {
        const byte = chunk[at]
        if (escaped) escaped = false
        else if (inText) {
          if (byte === 0x5c) escaped = true
          else if (byte === 0x22) inText = false
        } else if (byte === 0x22) inText = true
        else if (byte === 0x7b || byte === 0x5b) {
          if (depth === 0 && byte === 0x7b) throw new SyntaxError('so long a file must be a list')
          depth++
          if (depth === 2) from = at
        } else if (byte === 0x7d || byte === 0x5d) {
          depth--
          if (depth === 1) {
            entry.push(chunk.subarray(from, at + 1))
            entries.push(parsed(Buffer.concat(entry.splice(0)).toString('utf8')))
          }
        }
      }
      // The next read writes over the chunk.
      if (depth >= 2) entry.push(Buffer.from(chunk.subarray(from, size)))
    }
    if (depth !== 0) throw new SyntaxError('the list has no end')
    return entries
  } finally {
    closeSync(descriptor)
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
