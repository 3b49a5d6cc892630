/** Files of JSON lines that grow as results come, so that a kill costs what was not written yet. */
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import type { z } from 'zod'
import { cannotWrite } from './atomic.ts'

/** Reads a file of lines; a line torn by a kill, or not of this shape, counts as not written. */
export function readLines<T>(file: string, line: z.ZodType<T>): T[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      const checked = line.safeParse(parsedOrNothing(text))
      return checked.success ? [checked.data] : []
    })
}

/** Adds lines; first ends a line that a kill had torn. Errors: `CannotWrite`. */
export function appendLines(file: string, lines: unknown[]): void {
  try {
    appendFileSync(file, (isTorn(file) ? '\n' : '') + lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  } catch (error) {
    throw cannotWrite(file, error)
  }
}

/** By its last byte alone: a file grows by a line at a time, and may be long. */
function isTorn(file: string): boolean {
  if (!existsSync(file)) return false
  const descriptor = openSync(file, 'r')
  try {
    const last = Buffer.alloc(1)
    const { size } = fstatSync(descriptor)
    return size > 0 && (readSync(descriptor, last, 0, 1, size - 1) === 0 || last[0] !== 0x0a)
  } finally {
    closeSync(descriptor)
  }
}

/** The JSON value, or undefined for what is none. */
export function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
