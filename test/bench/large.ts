/**
 * Bar 4: one QLoRA step on bases that hardly fit a laptop, at 512 tokens. Random weights in the shapes of models that
 * people use, in Q4_K_M's mix of types, trained by the app's own worker under a cap. Peak memory is all that the worker
 * ever held, Node included; weights are read into memory, not mapped, so that nothing of it can hide in a page cache.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { type ModelShape, writeRandomModel } from '../helpers/random-model.ts'
import { trainOurs } from './ours.ts'
import { formsOf, randomTexts, STEP_SETTINGS } from './step.ts'
import { gigabytes } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

interface Large {
  name: string
  /** Bytes that the bar allows. */
  bar: number
  shape: ModelShape
}

const LARGE: Large[] = [
  {
    name: '1.7B (SmolLM2)',
    bar: 3e9,
    shape: {
      blocks: 24,
      width: 2048,
      heads: 32,
      kvHeads: 32,
      ff: 8192,
      vocabulary: 49_152,
      tied: true,
      ropeBase: 130_000,
    },
  },
  {
    name: '3B (Llama 3.2)',
    bar: 4.5e9,
    shape: {
      blocks: 28,
      width: 3072,
      heads: 24,
      kvHeads: 8,
      ff: 8192,
      vocabulary: 128_256,
      tied: true,
      ropeBase: 500_000,
      ropeFreqs: true,
    },
  },
  {
    name: '8B (Llama 3)',
    bar: 10e9,
    shape: {
      blocks: 32,
      width: 4096,
      heads: 32,
      kvHeads: 8,
      ff: 14_336,
      vocabulary: 128_256,
      tied: false,
      ropeBase: 500_000,
    },
  },
]

/** Small enough for seconds; its figures mean nothing. */
const QUICK: Large = {
  name: 'quick',
  bar: 0.5e9,
  shape: { blocks: 4, width: 512, heads: 8, kvHeads: 4, ff: 1536, vocabulary: 4096, tied: true },
}

const ROWS = 512
/** Part of the bar that a run is told it may take, so that a forecast a little too low does not break the bar. */
const CAP = 0.94

interface Measured {
  name: string
  bar: number
  fileBytes: number
  forecastBytes: number
  peakBytes: number
  seconds: number
  tokensPerSecond: number
  held: string
  recomputed: number
}

export async function largePart(options: BenchOptions): Promise<PartResult> {
  const folder = path.join(options.out, 'models')
  mkdirSync(folder, { recursive: true })
  const measured: Measured[] = []
  for (const large of options.quick ? [QUICK] : LARGE) {
    const file = path.join(folder, 'large.gguf')
    try {
      options.say(`large: ${large.name}: writing`)
      writeRandomModel(file, large.shape, 'Q4_K_M')
      options.say(`large: ${large.name}: one step`)
      measured.push(await measure(options, large, file))
    } finally {
      rmSync(file, { force: true })
    }
  }
  return report(measured, options)
}

async function measure({ out, threads }: BenchOptions, { name, bar, shape }: Large, file: string): Promise<Measured> {
  const run = await trainOurs({
    folder: path.join(out, 'runs', 'large'),
    base: file,
    settings: { ...STEP_SETTINGS, batch: 1, threads },
    train: randomTexts(1, ROWS + 1, shape.vocabulary),
    memoryCap: bar * CAP,
  })
  const { seconds, tokens } = run.steps[0] ?? { seconds: Number.NaN, tokens: 0 }
  const { streamed, recomputed, forecastBytes } = run.choice ?? {}
  const ways = [
    streamed && streamed.blocks > 0 ? `${streamed.blocks} of ${shape.blocks} blocks streamed` : 'held twice',
    ...(streamed?.head ? ['head streamed'] : []),
    formsOf(run.choice),
  ]
  return {
    name,
    bar,
    fileBytes: statSync(file).size,
    forecastBytes: forecastBytes ?? Number.NaN,
    peakBytes: run.peakBytes,
    seconds,
    tokensPerSecond: tokens / seconds,
    held: ways.join(', '),
    recomputed: recomputed ?? 0,
  }
}

function report(measured: Measured[], { threads, quick }: BenchOptions): PartResult {
  return {
    tables: [
      {
        title: `One QLoRA step on large bases, Q4_K_M, ${ROWS} tokens, ${threads} thread${threads === 1 ? '' : 's'}`,
        head: ['base', 'file', 'forecast', 'peak memory', 'seconds', 'tokens/s', 'weights', 'recomputed blocks'],
        rows: measured.map((one) => [
          one.name,
          gigabytes(one.fileBytes),
          gigabytes(one.forecastBytes),
          gigabytes(one.peakBytes),
          one.seconds.toFixed(0),
          one.tokensPerSecond.toFixed(1),
          one.held,
          String(one.recomputed),
        ]),
        notes: [
          `Rank 8 on q and v, dropout .05, all positions supervised, one text a step, its memory capped at ${CAP} of the bar${quick ? ' (quick: not to be quoted)' : ''}.`,
          'Random weights. Peak memory: the whole worker from start to voice, Node included; weights are read, not mapped.',
        ],
      },
    ],
    bars: measured.map(({ name, bar, peakBytes, tokensPerSecond }) => ({
      bar: `4 memory of one step, ${name}`,
      wanted: `under ${gigabytes(bar)}`,
      measured: `${gigabytes(peakBytes)}, ${tokensPerSecond.toFixed(1)} tokens/s`,
      met: quick ? null : peakBytes < bar,
    })),
    data: measured,
  }
}
