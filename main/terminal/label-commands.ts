/** `tag`, `rate` and `score`: what compares answers by their likelihood. */
import type { Command } from 'commander'
import type { TrainingTask } from '../../preload/contract.ts'
import { type GlobalOptions, numberOption, print, withApp } from './terminal.ts'
import {
  generation,
  pieceFrom,
  saySilent,
  sourceFacts,
  sourceLine,
  type WriteOptions,
  writeOptions,
} from './write-options.ts'

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`.padStart(6)

const COMPUTED = 'computed and not sampled, so --seed and --max-tokens change nothing'

/** The `count` likeliest of a distribution, in its own order. */
function likeliest<T extends { probability: number }>(distribution: readonly T[], count = distribution.length): T[] {
  const kept = new Set(distribution.toSorted((a, b) => b.probability - a.probability).slice(0, count))
  return distribution.filter((one) => kept.has(one))
}

export function labelCommands(program: Command): void {
  writeOptions(program.command('tag').description('tags for a piece, of those that you use'))
    .argument('<file>', 'a file of writing, or - for standard input')
    .option('--count <n>', 'how many', numberOption('count', 1, 100, true), 5)
    .option('--new', 'think up tags that you do not use yet, too')
    .action(async (file: string, own: WriteOptions & { count: number; new?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { text, tags } = pieceFrom(file)
      await withApp(options, async (app) => {
        await saySilent(app, own, 'tag')
        const { sources, ...result } = await app.handlers['tag.suggest']({
          request: 'tag',
          text,
          count: own.count,
          fresh: own.new ?? false,
          has: tags,
          ...generation(own),
        })
        print(options, { ...result, sources: sources.map(sourceFacts) }, () => [
          ...result.suggestions.map(({ tag, probability, pieces, has }) => {
            const marks = [...(pieces === 0 ? ['new'] : []), ...(has ? ['the piece has it'] : [])]
            return `${percent(probability)}  ${tag}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`
          }),
          ...sources.map(sourceLine),
        ])
      })
    })

  writeOptions(program.command('rate').description(`the score that you would give, as a distribution; ${COMPUTED}`))
    .argument('<file>', 'a file of writing, or - for standard input')
    .option('--count <n>', 'only the n likeliest scores; default: all', numberOption('count', 1, 100, true))
    .action(async (file: string, own: WriteOptions & { count?: number }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { text } = pieceFrom(file)
      await withApp(options, async (app) => {
        await saySilent(app, own, 'rate')
        const { sources, distribution, ...found } = await app.handlers['rate.suggest']({
          request: 'rate',
          text,
          ...generation(own),
        })
        const result = { ...found, distribution: likeliest(distribution, own.count) }
        if (result.note !== null) process.stderr.write(`${result.note}\n`)
        print(options, { ...result, sources: sources.map(sourceFacts) }, () => [
          ...result.distribution.map(
            ({ score, probability }) => `${String(score).padStart(4)} ${percent(probability)}`,
          ),
          `most likely ${result.likeliest}, expected ${result.expected.toFixed(2)}`,
          ...sources.map(sourceLine),
        ])
      })
    })

  writeOptions(
    program.command('score').description(`how likely an answer is: nats over its tokens, the end counted; ${COMPUTED}`),
  )
    .requiredOption('--task <task>', 'headline, tag, rate or prose')
    .requiredOption('--input <file>', 'a file of writing (of prose: the opening), or - for standard input')
    .requiredOption('--gold <text>', 'the answer')
    .action(async (own: WriteOptions & { task: TrainingTask; input: string; gold: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { text } = pieceFrom(own.input)
      await withApp(options, async (app) => {
        const { nll, tokens } = await app.handlers.score({
          request: 'score',
          task: own.task,
          text,
          gold: own.gold,
          ...generation(own),
        })
        await saySilent(app, own, own.task)
        print(options, { nll, tokens }, () => [`${nll.toFixed(4)} nats over ${tokens} tokens`])
      })
    })
}
