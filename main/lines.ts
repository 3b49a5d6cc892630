/** Files of JSON lines that grow as results come, so that a kill costs what was not written yet. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
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
    const torn = existsSync(file) && !readFileSync(file, 'utf8').endsWith('\n')
    appendFileSync(file, (torn ? '\n' : '') + lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  } catch (error) {
    throw cannotWrite(file, error)
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
