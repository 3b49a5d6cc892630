/**
 * What a voice costs in use, measured by the product's own way of writing text (`openBase`): generation with a voice
 * against generation without one, turn by turn on the same prompt, and what a change of voice takes.
 *
 * The voice's B is zero: every product is computed as with a trained one, and the text is the same, token for token.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TARGETS, writeVoiceFile } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { openBase } from '../../main/inference/base.ts'
import type { VoiceUse } from '../../main/inference/types.ts'
import { parseTargets } from '../../main/model/lora.ts'
import { seeded } from '../../main/random.ts'

export interface GenerationQuestion {
  /** A base's GGUF file. */
  file: string
  threads: number
  /** As `--targets` has them. */
  targets: string[]
  rank: number
  /** Tokens written in each turn. */
  tokens?: number
  /** Pairs of turns. */
  rounds?: number
}

export interface Spread {
  median: number
  low: number
  high: number
}

export interface GenerationAnswer {
  /** Tokens a second, medians over the rounds. */
  without: number
  withVoice: number
  /** Speed with a voice over speed without, of each round: median and quartiles. */
  ratio: Spread
  /** The same by processor time instead of the clock, which other programs disturb less. */
  processorRatio: Spread
  /** Seconds from the call to the first token, for a voice never used before: median and the slowest. */
  change: { median: number; most: number }
  /** The same call again with the voice still held: what a token costs by itself. */
  held: number
}

const PROMPT = 'Three things that the harbour master wrote down on the first morning of the year, in his own words:'
const CHANGES = 8

/** @throws IdiolectError as `openBase` does */
export async function measureGeneration(question: GenerationQuestion): Promise<GenerationAnswer> {
  const { file, threads, tokens = 24, rounds = 24 } = question
  const folder = mkdtempSync(path.join(os.tmpdir(), 'idiolect-bench-'))
  const base = await openBase(file, { threads })
  try {
    const voices = Array.from({ length: CHANGES + 1 }, (_, i): VoiceUse => {
      const voice = path.join(folder, `${i}.gguf`)
      writeSilentVoice(voice, question, i)
      return { file: voice, scale: 1 }
    })
    const [used, ...others] = voices as [VoiceUse, ...VoiceUse[]]
    const prompt = base.tokenize(PROMPT)
    const turn = async (voice: VoiceUse | null): Promise<Turn> => {
      const began = performance.now()
      const processor = process.cpuUsage()
      const written = await base.generate(prompt, { voice, maxTokens: tokens, temperature: 0 })
      const { user, system } = process.cpuUsage(processor)
      return {
        speed: written.tokens / ((performance.now() - began) / 1000),
        processor: written.tokens / ((user + system) / 1e6),
      }
    }
    const first = async (voice: VoiceUse): Promise<number> => {
      const began = performance.now()
      await base.generate(prompt.subarray(0, 1), { voice, maxTokens: 1, temperature: 0 })
      return (performance.now() - began) / 1000
    }
    await turn(null)
    await turn(used)
    const pairs: { without: Turn; withVoice: Turn }[] = []
    for (let round = 0; round < rounds; round++) {
      // The order changes round by round, so that a machine that grows slower favours neither.
      const order = round % 2 === 0 ? [null, used] : [used, null]
      const turns = new Map<VoiceUse | null, Turn>()
      for (const voice of order) turns.set(voice, await turn(voice))
      pairs.push({ without: turns.get(null) as Turn, withVoice: turns.get(used) as Turn })
    }
    const changes: number[] = []
    const held: number[] = []
    for (const voice of others) {
      changes.push(await first(voice))
      held.push(await first(voice))
    }
    const speeds = (of: 'without' | 'withVoice'): number[] => pairs.map((pair) => pair[of].speed)
    return {
      without: quantile(speeds('without'), 0.5),
      withVoice: quantile(speeds('withVoice'), 0.5),
      ratio: spread(pairs.map(({ without, withVoice }) => withVoice.speed / without.speed)),
      processorRatio: spread(pairs.map(({ without, withVoice }) => withVoice.processor / without.processor)),
      change: { median: quantile(changes, 0.5), most: Math.max(...changes) },
      held: quantile(held, 0.5),
    }
  } finally {
    await base.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeSilentVoice(voice: string, { file, targets, rank }: GenerationQuestion, seed: number): void {
  const gguf = readGguf(file)
  const random = seeded(`silent voice ${seed}`)
  const numbers = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.next() - 0.5)
  const wanted = new Set<string>(parseTargets(targets))
  const matrices = [...gguf.tensors.values()].filter(({ name }) =>
    wanted.has(TARGETS.get(/^blk\.\d+\.(\w+)\.weight$/.exec(name)?.[1] ?? '') ?? ''),
  )
  writeVoiceFile(voice, {
    architecture: gguf.string('general.architecture'),
    alpha: rank,
    rank,
    targets: [...wanted],
    baseSha256: '',
    baseName: '',
    name: 'Silent',
    tensors: matrices.map(({ name, shape }) => {
      const [K = 1, M = 1] = shape
      return { name, K, M, a: numbers(K * rank), b: new Float32Array(M * rank) }
    }),
  })
}

/** Tokens a second by the clock, and by the processor time of all threads. */
interface Turn {
  speed: number
  processor: number
}

function spread(values: number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) }
}

function quantile(values: number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number
}
