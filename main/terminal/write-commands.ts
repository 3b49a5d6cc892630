/** `headline` and `chat`. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { GenerationOptions } from '../../preload/contract.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { readFile, readPiece } from '../library/read.ts'
import { type GlobalOptions, numberOption, print, withApp } from './terminal.ts'

interface WriteOptions {
  voice?: string[]
  scale?: number
  retrieval: boolean
  seed?: number
  maxTokens?: number
}

function writeOptions(command: Command): Command {
  return command
    .option(
      '--voice <id>',
      'a voice, or none; several by weight: --voice A:0.7 --voice B:0.3; default: the one that is on',
      (text, before: string[] = []) => [...before, text],
    )
    .option('--scale <x>', 'strength of the voice, 1 as trained', numberOption('scale', 0, 4))
    .option('--no-retrieval', 'without earlier pieces')
    .option('--seed <n>', 'the same seed writes the same', numberOption('seed', 0, 2 ** 32, true))
    .option('--max-tokens <n>', 'longest answer', numberOption('max-tokens', 1, 4096, true))
}

function generation({ voice, scale, retrieval, seed, maxTokens }: WriteOptions): GenerationOptions {
  return {
    retrieval,
    ...(voice === undefined ? {} : voicesOf(voice)),
    ...(scale === undefined ? {} : { scale }),
    ...(seed === undefined ? {} : { seed }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
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

export function writeCommands(program: Command): void {
  writeOptions(program.command('headline').description('headlines for a piece, in your voice'))
    .argument('<file>', 'a file of writing, or - for standard input')
    .option('--count <n>', 'how many', numberOption('count', 1, 20, true), 5)
    .action(async (file: string, own: WriteOptions & { count: number }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const text = pieceFrom(file)
      await withApp(options, async (app) => {
        const { candidates, sources } = await app.handlers['headline.write']({
          request: 'headline',
          text,
          count: own.count,
          ...generation(own),
        })
        if (candidates.length === 0)
          throw new IdiolectError('NoHeadline', 'the model wrote no headline', 'Try another seed.')
        print(
          options,
          {
            candidates: candidates.map((one) => one.text),
            sources: sources.map(({ document, title, path, date }) => ({ document, title, path, date })),
          },
          () => [...candidates.map((one) => one.text), ...sources.map((source) => `  (after “${source.title}”)`)],
        )
      })
    })

  writeOptions(program.command('chat').description('one question, answered with your own writing at hand'))
    .argument('<text>')
    .option('--conversation <id>', 'go on with a conversation')
    .action(async (text: string, own: WriteOptions & { conversation?: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await withApp(options, async (app) => {
        let streamed = false
        app.events.on((name, event) => {
          if (name !== 'stream' || options.json || !('index' in event) || !('text' in event)) return
          streamed = true
          process.stdout.write(event.text)
        })
        const { conversation } = own
        const { answer } = await app.handlers['chat.send']({
          request: 'chat',
          text,
          ...generation(own),
          ...(conversation ? { conversation } : {}),
        })
        const sources = answer.sources.map(({ document, title, path, date }) => ({ document, title, path, date }))
        const result = { conversation: answer.conversation, text: answer.text, voice: answer.voice, sources }
        print(options, result, () => [
          streamed ? '' : answer.text,
          ...sources.map((source) => `  (after “${source.title}”)`),
        ])
      })
    })
}

/** The text of a piece without its title, as an import would read it; `-` is Markdown from standard input. */
function pieceFrom(file: string): string {
  if (file === '-') {
    const piece = readPiece('standard-input.md', standardInput())
    if ('reason' in piece) throw new IdiolectError('Unreadable', `standard input cannot be read: ${piece.reason}`, null)
    return piece.text
  }
  const full = path.resolve(file)
  const read = readFile(full, null)
  if (read.type === 'piece') return read.piece.text
  const reason = read.type === 'skipped' ? read.reason : 'it holds nothing'
  throw new IdiolectError('Unreadable', `${full} cannot be read: ${reason}`, 'Name a Markdown, text or HTML file.')
}

function standardInput(): Buffer {
  try {
    return readFileSync(0)
  } catch (error) {
    throw new IdiolectError('Unreadable', `standard input cannot be read: ${messageOf(error)}`, null)
  }
}
