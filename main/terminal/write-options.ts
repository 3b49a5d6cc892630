/** What every command that writes, tags, rates or scores takes: its options, and the piece that it reads. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { GenerationOptions, Source, TrainingTask } from '../../preload/contract.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { type PieceRead, readFile, readPiece } from '../library/read.ts'
import { numberOption, type TerminalApp } from './terminal.ts'

export interface WriteOptions {
  voice?: string[]
  scale?: number
  retrieval: boolean
  profile?: boolean
  seed?: number
  maxTokens?: number
}

/** Options of every command that asks the model for something. */
export function writeOptions(command: Command): Command {
  return command
    .option(
      '--voice <id>',
      'a voice, or none; several by weight: --voice A:0.7 --voice B:0.3; default: the one that is on',
      (text, before: string[] = []) => [...before, text],
    )
    .option('--scale <x>', 'strength of the voice, 1 as trained', numberOption('scale', 0, 4))
    .option('--no-retrieval', 'without earlier pieces')
    .option('--profile', 'with your profile above the prompt; default: as in the settings')
    .option('--no-profile', 'without it')
    .option('--seed <n>', 'the same seed writes the same', numberOption('seed', 0, 2 ** 32, true))
    .option('--max-tokens <n>', 'longest answer', numberOption('max-tokens', 1, 4096, true))
}

export function generation({ voice, scale, retrieval, profile, seed, maxTokens }: WriteOptions): GenerationOptions {
  return {
    retrieval,
    ...(profile === undefined ? {} : { profile }),
    ...(voice === undefined ? {} : voicesOf(voice)),
    ...(scale === undefined ? {} : { scale }),
    ...(seed === undefined ? {} : { seed }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

/**
 * Says on stderr that the voice which is on is silent in this task, and why, and what answers in a voice's place;
 * nothing where voices are named.
 */
export async function saySilent({ handlers }: TerminalApp, { voice }: WriteOptions, task: TrainingTask): Promise<void> {
  if (voice !== undefined) return
  const on = (await handlers['voices.list']({})).find(({ active }) => active)
  if (on?.usable && on.speaks.includes(task)) return
  if (on?.usable) {
    const why = on.worse?.includes(task) ? `was not clearly better at ${task} in its proof` : `never learnt ${task}`
    process.stderr.write(`“${on.name}” ${why} and is silent here; --voice ${on.id} asks for it\n`)
  }
  const standIn = (await handlers['app.state']({})).standIns?.[task]
  if (standIn) process.stderr.write(`no voice speaks here: “${standIn}” does, --voice none asks the base alone\n`)
}

/** `A`, `none`, or several with their weights, 1 where none is given. */
function voicesOf(given: string[]): Pick<GenerationOptions, 'voice' | 'voices'> {
  const weighted = given.map((text) => {
    const [, voice = text, weight] = /^(.+):([^:]*)$/.exec(text) ?? []
    if (weight === undefined) return { voice, weight: null }
    return { voice, weight: numberOption('voice', -4, 4)(weight) }
  })
  const [first] = weighted
  if (first && weighted.length === 1 && first.weight === null)
    return { voice: first.voice === 'none' ? null : first.voice }
  if (given.includes('none'))
    throw new IdiolectError('BadOption', '--voice none was given beside other voices', 'Leave it out.')
  return { voices: weighted.map(({ voice, weight }) => ({ voice, weight: weight ?? 1 })) }
}

/** A source without its text, as `--json` prints it. */
export function sourceFacts({ document, title, path: file, date }: Source) {
  return { document, title, path: file, date }
}

export const sourceLine = ({ title }: Source): string => `  (after “${title}”)`

/**
 * A piece as an import would read it, its text without its title; `-` is Markdown from standard input.
 * Errors: IdiolectError `Unreadable`.
 */
export function pieceFrom(file: string): Pick<PieceRead, 'text' | 'tags' | 'rating'> {
  if (file === '-') {
    const piece = readPiece('standard-input.md', standardInput())
    if ('reason' in piece) throw new IdiolectError('Unreadable', `standard input cannot be read: ${piece.reason}`, null)
    return piece
  }
  const full = path.resolve(file)
  const read = readFile(full, null)
  if (read.type === 'piece') return read.piece
  const reason = read.type === 'skipped' ? read.reason : 'it holds nothing'
  throw new IdiolectError(
    'Unreadable',
    `${full} cannot be read: ${reason}`,
    'Name a Markdown, text, HTML or Word file.',
  )
}

function standardInput(): Buffer {
  try {
    return readFileSync(0)
  } catch (error) {
    throw new IdiolectError('Unreadable', `standard input cannot be read: ${messageOf(error)}`, null)
  }
}
