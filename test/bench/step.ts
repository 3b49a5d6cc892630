/**
 * Bar 1: the same work by both. Batches of 4 texts of 256 rows, every position supervised, rank 8 on q and v, dropout
 * .05, gradient, clip and AdamW step. Both take turns within one run, each turn in a fresh process, and only the speed
 * after a turn's first step counts, so that a machine that grows slower or faster favours neither.
 */
import path from 'node:path'
import { readGguf } from '../../main/gguf/read.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample, TrainSettings } from '../../main/trainer/types.ts'
import { type OurResult, trainOurs } from './ours.ts'
import { trainPeft } from './peft.ts'
import { gigabytes, median, spread } from './table.ts'
import { type BenchOptions, NO_PEFT, type PartResult } from './types.ts'

export const BATCH = 4
export const ROWS = 256

export const STEP_SETTINGS: TrainSettings = {
  rank: 8,
  alpha: 8,
  targets: ['q', 'v'],
  dropout: 0.05,
  lr: 1e-3,
  warmup: 0.1,
  weightDecay: 0.01,
  clip: 0.3,
  epochs: 1,
  batch: BATCH,
  seed: 1,
  threads: 1,
  patience: 0,
}

/** Texts of random ids; `length` tokens each, everything after the first supervised. */
export function randomTexts(count: number, length: number, vocabulary: number): TokenExample[] {
  const random = seeded('bench/texts')
  return Array.from({ length: count }, () => ({
    tokens: Int32Array.from({ length }, () => random.below(vocabulary)),
    answerFrom: 1,
  }))
}

interface Turn {
  tokensPerSecond: number
  peakBytes: number
}

const ours = (run: OurResult): Turn => ({
  tokensPerSecond: (BATCH * ROWS) / median(run.steps.slice(1).map(({ seconds }) => seconds)),
  peakBytes: run.peakBytes,
})

export async function stepPart(options: BenchOptions): Promise<PartResult> {
  const { base, peft, threads, quick, say } = options
  const [rounds, steps] = quick ? [1, 2] : [4, 6]
  const vocabulary = readGguf(base).tensor('token_embd.weight').shape[1] as number
  const settings = { ...STEP_SETTINGS, threads }
  const turns: { ours: Turn; peft: Turn | null }[] = []
  let choice: OurResult['choice'] = null
  for (let round = 0; round < rounds; round++) {
    say(`step: round ${round + 1} of ${rounds}`)
    // A text of 257 tokens gives our engine 256 rows: its last token is only a target. Transformers computes a row for
    // each token, so that it is given 256.
    const train = randomTexts(BATCH * steps, ROWS + 1, vocabulary)
    const run = await trainOurs({ folder: path.join(options.out, 'runs', 'step'), base, settings, train })
    choice = run.choice
    let other: Turn | null = null
    if (peft) {
      const examples = train.map(({ tokens, answerFrom }) => ({ tokens: tokens.subarray(0, ROWS), answerFrom }))
      const result = await trainPeft(peft, base, { ...settings, examples, heldOut: [], steps })
      other = {
        tokensPerSecond: (BATCH * ROWS) / median(result.stepSeconds.slice(1)),
        peakBytes: result.peakBytes,
      }
    }
    turns.push({ ours: ours(run), peft: other })
  }
  return report(options, turns, choice)
}

function report(
  { base, peft, threads, quick }: BenchOptions,
  turns: { ours: Turn; peft: Turn | null }[],
  choice: OurResult['choice'],
): PartResult {
  const own = turns.map((turn) => turn.ours)
  const others = turns.flatMap((turn) => turn.peft ?? [])
  const pairs = turns.flatMap((turn) => (turn.peft ? [turn.ours.tokensPerSecond / turn.peft.tokensPerSecond] : []))
  const most = (all: readonly Turn[]): number => Math.max(...all.map(({ peakBytes }) => peakBytes))
  const memory = most(own) / most(others)
  const weights = heldAs(choice)
  const row = (name: string, all: readonly Turn[], held: string): string[] => [
    name,
    held,
    spread(
      all.map(({ tokensPerSecond }) => tokensPerSecond),
      0,
    ),
    gigabytes(most(all)),
  ]
  const rows = [row('Idiolect', own, weights), ...(peft ? [row('Transformers + PEFT', others, peft.type)] : [])]
  rows.push(['ratio', '', peft ? spread(pairs) : NO_PEFT, peft ? memory.toFixed(2) : NO_PEFT])
  return {
    tables: [
      {
        title: `Same work: ${path.basename(base)}, ${BATCH} x ${ROWS}, rank 8 on q and v, ${threads} thread${threads === 1 ? '' : 's'}`,
        head: ['', 'weights', 'tokens/s', 'peak memory'],
        rows,
        notes: [
          `${turns.length} turns each, by turns; median and whole spread of the turns' median steps${quick ? ' (quick: not to be quoted)' : ''}.`,
          'Peak memory: ours of the whole worker, from start to voice; PEFT only while training, loading left out.',
          ...(peft ? [peft.versions] : []),
        ],
      },
    ],
    bars: [
      {
        bar: `1 speed of the same work${peft ? `, PEFT in ${peft.type}` : ''}`,
        wanted: 'at least 1.0x PEFT',
        measured: peft ? `${spread(pairs)}x, ${weights}` : NO_PEFT,
        met: peft ? median(pairs) >= 1 : null,
      },
      {
        bar: `3 memory of the same work${peft ? `, PEFT in ${peft.type}` : ''}`,
        wanted: 'at most 1/3 of PEFT',
        measured: peft ? `${memory.toFixed(2)} (${gigabytes(most(own))} of ${gigabytes(most(others))})` : NO_PEFT,
        met: peft ? memory <= 1 / 3 : null,
      },
    ],
    data: { turns, choice },
  }
}

/** In which forms the engine multiplies weights, in words. */
export function formsOf(choice: OurResult['choice']): string {
  if (choice === null) return 'unknown'
  const { asFiled = [] } = choice.forms
  return [nameOf(choice.forms), ...asFiled.map((type) => `forward ${type}`)].join(', ')
}

/** A form in words. */
export function nameOf({ type, buffers }: { type: string; buffers: string | null }): string {
  return buffers === null ? type : `${type} in ${buffers}`
}

/** The same, with how many blocks are kept once and converted for each product. */
export function heldAs(choice: OurResult['choice']): string {
  const { streamed } = choice ?? {}
  return streamed && (streamed.blocks > 0 || streamed.head)
    ? `${formsOf(choice)}; ${streamed.blocks} blocks streamed`
    : formsOf(choice)
}
