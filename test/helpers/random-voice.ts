/** Voices with random numbers for a base, for tests of everything that carries voices. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type VoiceTensor, writeVoiceFile } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { normals, seeded } from './random.ts'

export interface RandomVoice {
  rank: number
  alpha: number
  /** Weights by the part of their name after the block, with the targets' short names. */
  targets: Record<string, string>
  seed: number
  /** Standard deviation of A's and B's numbers. */
  deviation: number
  name: string
  extra: Record<string, unknown>
}

/** Every matrix that a LoRA may be on, where none is fused. */
export const ALL_TARGETS = {
  attn_q: 'q',
  attn_k: 'k',
  attn_v: 'v',
  attn_output: 'o',
  ffn_gate: 'gate',
  ffn_up: 'up',
  ffn_down: 'down',
}

const DEFAULTS: RandomVoice = {
  rank: 4,
  alpha: 8,
  targets: { attn_q: 'q', attn_v: 'v' },
  seed: 7,
  deviation: 0.2,
  name: 'Random',
  extra: {},
}

/** Writes a voice for the base `baseFile`; returns its numbers. */
export function randomVoice(file: string, baseFile: string, options: Partial<RandomVoice> = {}): VoiceTensor[] {
  const { rank, alpha, targets, seed, deviation, name, extra } = { ...DEFAULTS, ...options }
  const base = readGguf(baseFile)
  const random = seeded(seed)
  const tensors = [...base.tensors.values()]
    .filter((tensor) => Object.keys(targets).some((part) => tensor.name.endsWith(`.${part}.weight`)))
    .map((tensor): VoiceTensor => {
      const [K = 1, M = 1] = tensor.shape
      const [a, b] = [normals(random, rank * K, deviation), normals(random, M * rank, deviation)]
      return { name: tensor.name, K, M, a, b }
    })
  writeVoiceFile(file, {
    architecture: base.string('general.architecture'),
    alpha,
    rank,
    targets: Object.values(targets),
    baseSha256: sha256(baseFile),
    baseName: base.string('general.name'),
    name,
    tensors,
    extra,
  })
  return tensors
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
