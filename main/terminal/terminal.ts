/**
 * What every command of the terminal shares: results on stdout, progress on stderr, one JSON object with --json, errors
 * as one clear sentence and a non-zero exit.
 */
import path from 'node:path'
import type { Command } from 'commander'
import type { ContractError } from '../../preload/contract.ts'
import { createApp } from '../app/app.ts'
import { defaultDataFolder } from '../app/data-folder.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { oncePressed } from '../interrupts.ts'

export interface GlobalOptions {
  json?: boolean
  data?: string
}

/** Exit code of a program that was ended by Ctrl-C. */
const INTERRUPTED = 130

export type TerminalApp = Awaited<ReturnType<typeof createApp>>

/** Rewrites one line where stderr is a terminal; elsewhere prints a line now and then. */
export interface Progress {
  show(text: string): void
  done(text?: string): void
}

export function createProgress(): Progress {
  const live = process.stderr.isTTY
  let last = 0
  let open = false
  return {
    show(text) {
      if (live) {
        process.stderr.write(`\r\x1b[2K${text}`)
        open = true
      } else if (performance.now() - last > 5000) {
        process.stderr.write(`${text}\n`)
        last = performance.now()
      }
    },
    done(text) {
      if (open) process.stderr.write('\r\x1b[2K')
      if (text) process.stderr.write(`${text}\n`)
      open = false
    },
  }
}

/** Prints a result: the object with --json, else the lines. */
export function print(options: GlobalOptions, result: object, lines: () => string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${lines().join('\n')}\n`)
}

/**
 * Opens the app on the data folder for one command, and closes it whatever happens. Ctrl-C ends it cleanly, a second one
 * at once.
 */
export async function withApp<T>(options: GlobalOptions, work: (app: TerminalApp) => Promise<T>): Promise<T> {
  if (options.data?.trim() === '') throw new IdiolectError('BadOption', '--data is empty', 'Name a folder.')
  const dataFolder = options.data === undefined ? defaultDataFolder() : path.resolve(options.data)
  const app = await createApp({ dataFolder, host: 'terminal' })
  const stopListening = onInterrupt(() => {
    // What was broken off has a last word, how to go on; what does not notice its end is not waited for.
    void app.close().finally(() => setTimeout(() => process.exit(INTERRUPTED), 1000).unref())
  })
  try {
    return await work(app).finally(() => app.close())
  } finally {
    // Not before all is closed: until then a signal would end the process in the middle of that.
    stopListening()
  }
}

/**
 * Calls `end` once on Ctrl-C or a plain kill, and has the process end with 130; a second Ctrl-C does not wait for
 * anything.
 * @returns ends the listening
 */
export function onInterrupt(end: () => void): () => void {
  const interrupt = oncePressed(() => {
    if (process.exitCode === INTERRUPTED) process.exit(INTERRUPTED)
    process.exitCode = INTERRUPTED
    process.stderr.write('\nEnding; what was finished stays.\n')
    end()
  })
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return () => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** Says what went wrong and what to do next. */
export function fail(error: unknown, options: GlobalOptions): void {
  const known = error instanceof IdiolectError
  const next = known ? error.next : null
  process.stderr.write(`${messageOf(error)}\n${next ? `${next}\n` : ''}`)
  printError(options, { name: known ? error.name : 'Error', message: messageOf(error), next })
  process.exitCode ??= 1
}

/** With --json, stdout has its one object also when there is no result. */
export function printError({ json }: GlobalOptions, error: ContractError): void {
  if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
}

/** A reader that has seen enough (`| head`) and a terminal that was closed are no failures. */
export function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
}

/** A number option, checked. */
export function numberOption(name: string, least: number, most: number, whole = false) {
  return (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
    throw new IdiolectError(
      'BadOption',
      `${name.length === 1 ? '-' : '--'}${name} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${JSON.stringify(text)}`,
      null,
    )
  }
}

export const listOption = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

/** Options that a command shares with others and refuses in words, out of its help. */
export function withoutHelp(command: Command, ...flags: string[]): Command {
  for (const option of command.options) if (flags.includes(option.long ?? '')) option.hideHelp()
  return command
}

export function seconds(value: number): string {
  if (value < 90) return `${value.toFixed(value < 10 ? 1 : 0)} s`
  const whole = Math.round(value)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
