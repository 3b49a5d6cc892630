/** `headline`, `draft` and `chat`: what writes. */
import type { Command } from 'commander'
import { IdiolectError } from '../errors.ts'
import { type GlobalOptions, numberOption, print, type TerminalApp, withApp } from './terminal.ts'
import {
  generation,
  pieceFrom,
  saySilent,
  sourceFacts,
  sourceLine,
  type WriteOptions,
  writeOptions,
} from './write-options.ts'

/** Between the drafts of one call: an empty one is tried again with the seeds right after its own. */
const SEEDS_APART = 16

export function writeCommands(program: Command): void {
  writeOptions(program.command('headline').description('headlines for a piece, in your voice'))
    .argument('<file>', 'a file of writing, or - for standard input')
    .option('--count <n>', 'how many', numberOption('count', 1, 20, true), 5)
    .action(async (file: string, own: WriteOptions & { count: number }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { text } = pieceFrom(file)
      await withApp(options, async (app) => {
        await saySilent(app, own, 'headline')
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
            sources: sources.map(sourceFacts),
          },
          () => [...candidates.map((one) => one.text), ...sources.map(sourceLine)],
        )
      })
    })

  writeOptions(program.command('draft').description('goes on from an opening in your voice, or does what you ask for'))
    .argument('<text>', 'an opening, or - for standard input')
    .option('--instruction', 'the text says what to write')
    .option('--count <n>', 'how many', numberOption('count', 1, 20, true), 1)
    .action(async (text: string, own: WriteOptions & { instruction?: boolean; count: number }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const given = text === '-' ? pieceFrom('-').text : text
      await withApp(options, async (app) => {
        await saySilent(app, own, 'prose')
        const streamed = streamTo(app, options)
        const drafts = []
        for (let i = 0; i < own.count; i++) {
          if (i > 0 && streamed()) process.stdout.write('\n\n')
          const asked = generation(own.seed === undefined ? own : { ...own, seed: own.seed + i * SEEDS_APART })
          const from = own.instruction ? 'instruction' : 'opening'
          drafts.push(await app.handlers['draft.write']({ request: 'draft', text: given, from, ...asked }))
        }
        const written = drafts.filter((draft) => draft.text !== '')
        const [first] = written
        if (first === undefined)
          throw new IdiolectError('NoDraft', 'the model wrote nothing', 'Try another seed, or a longer text.')
        const texts = written.map((draft) => draft.text)
        const result = { text: first.text, voice: first.voice, sources: first.sources.map(sourceFacts) }
        print(options, own.count === 1 ? result : { ...result, texts }, () => [
          streamed() ? '' : texts.join('\n\n'),
          ...first.sources.map(sourceLine),
        ])
      })
    })

  writeOptions(program.command('chat').description('one question, answered with your own writing at hand'))
    .argument('<text>')
    .option('--conversation <id>', 'go on with a conversation')
    .action(async (text: string, own: WriteOptions & { conversation?: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await withApp(options, async (app) => {
        await saySilent(app, own, 'prose')
        const streamed = streamTo(app, options)
        const { conversation } = own
        const { answer } = await app.handlers['chat.send']({
          request: 'chat',
          text,
          ...generation(own),
          ...(conversation ? { conversation } : {}),
        })
        const { text: said, voice, sources } = answer
        const result = { conversation: answer.conversation, text: said, voice, sources: sources.map(sourceFacts) }
        print(options, result, () => [streamed() ? '' : said, ...sources.map(sourceLine)])
      })
    })
}

/** Prints what streams, unless one object is wanted. @returns whether anything was printed so far */
function streamTo(app: TerminalApp, { json }: GlobalOptions): () => boolean {
  let streamed = false
  app.events.on((name, event) => {
    if (name !== 'stream' || json || !('index' in event) || !('text' in event)) return
    streamed = true
    process.stdout.write(event.text)
  })
  return () => streamed
}
