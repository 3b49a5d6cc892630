/** One line a step on stderr, with the time it took. Knows nothing of what the steps do. */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'

/** The project's folder, absolute. */
export const root = new URL('..', import.meta.url)

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Runs one step and says how long it took. While it runs, a terminal shows the seconds; elsewhere a line every 30 s.
 * @template T
 * @param {(line: string) => void} log
 * @param {string} name what is done, e.g. `Installing the packages`
 * @param {(note: (text: string) => void) => Promise<T>} work `note` replaces the text beside the seconds
 * @returns {Promise<T>}
 */
export async function step(log, name, work) {
  const start = performance.now()
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1)
  const live = log === say && process.stderr.isTTY === true
  let text = ''
  const show = () => {
    const line = `${name}: ${text === '' ? '' : `${text}, `}${seconds()} s`
    if (live) process.stderr.write(`\r\x1b[K${line}`)
    else log(line)
  }
  if (!live) log(`${name} ...`)
  const timer = setInterval(show, live ? 250 : 30_000)
  try {
    const result = await work((note) => {
      text = note
    })
    if (live) process.stderr.write('\r\x1b[K')
    log(`${name}: done in ${seconds()} s`)
    return result
  } catch (error) {
    if (live) process.stderr.write('\r\x1b[K')
    log(`${name}: failed after ${seconds()} s`)
    throw error
  } finally {
    clearInterval(timer)
  }
}

/** A failure that the user can do something about: `next` is one sentence, or null. */
export class SetUpError extends Error {
  /**
   * @param {string} message
   * @param {string | null} next
   */
  constructor(message, next = null) {
    super(message)
    this.name = 'SetUpError'
    this.next = next
  }
}

/**
 * The arguments as Node reads them; what it cannot read is told with the usage.
 * @template {import('node:util').ParseArgsConfig} T
 * @param {T} config
 * @param {string} usage
 * @throws {SetUpError}
 */
export function readArgs(config, usage) {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new SetUpError(error instanceof Error ? error.message : String(error), usage)
  }
}

/** Prints an error in two plain sentences and sets the exit code. */
export function fail(error) {
  const message = error instanceof Error ? error.message : String(error)
  say(message)
  if (error && typeof error === 'object' && typeof error.next === 'string') say(error.next)
  process.exitCode = 1
}
