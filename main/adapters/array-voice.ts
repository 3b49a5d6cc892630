/**
 * Voices that are no LoRA on disk: the same GGUF with the same keys, another `adapter.type`, and arrays in place of
 * pairs. llama.cpp reads neither kind; `main/inference` makes of them what it reads.
 *
 *   ia3     `<weight>.ia3` F32 [outputs]: factors over the weight's rows
 *   prompt  `prompt.embd` F32 [width, n]: the learned rows; `blk.<i>.prompt_k` and `blk.<i>.prompt_v` F16 [kv width, n]:
 *           what they leave in the attention's cache, keys after RoPE
 */
import { IdiolectError } from '../errors.ts'
import { floatToHalf } from '../gguf/half.ts'
import type { GgufFile } from '../gguf/read.ts'
import { text } from '../gguf/values.ts'
import { type TensorInput, writeGguf } from '../gguf/write.ts'
import { badVoice, metadataOf, type VoiceFacts } from './voice-facts.ts'
import type { VoiceFile } from './voice-file.ts'

/** An array of numbers with its name and shape in the file, the fastest dimension first. */
export interface VoiceArray {
  name: string
  shape: number[]
}

export interface ArrayVoiceInput extends VoiceFacts {
  kind: 'ia3' | 'prompt'
  arrays: (VoiceArray & { data: Float32Array; type: 'F32' | 'F16' })[]
}

export const FACTORS_END = '.ia3'
export const PROMPT_ROWS = 'prompt.embd'
export const promptKeys = (block: number): string => `blk.${block}.prompt_k`
export const promptValues = (block: number): string => `blk.${block}.prompt_v`

/** Writes the voice whole or not at all. Throws on numbers that are not of their shape or not finite. */
export function writeArrayVoice(file: string, voice: ArrayVoiceInput): void {
  const tensors = voice.arrays.map(({ name, shape, data, type }): TensorInput => {
    if (!data.every(Number.isFinite)) throw new Error(`${name} has numbers that are not finite`)
    if (type === 'F32') return { name, shape, type, data }
    const halves = Uint16Array.from(data, floatToHalf)
    // As llama.cpp's cache would: what F16 cannot hold would be infinite there too.
    if (halves.some((half) => (half & 0x7fff) === 0x7c00)) throw new Error(`${name} has numbers too large for F16`)
    return { name, shape, type, data: new Uint8Array(halves.buffer) }
  })
  writeGguf(file, {
    metadata: { ...metadataOf(voice), 'adapter.type': text(voice.kind) },
    tensors,
  })
}

/** The arrays that a file of this kind claims. Throws `BadVoice` on any that has no meaning. */
export function arraysOf(gguf: GgufFile, kind: 'ia3' | 'prompt'): VoiceArray[] {
  const arrays = [...gguf.tensors.values()].map(({ name, shape, typeName }) => {
    const known = kind === 'ia3' ? name.endsWith(FACTORS_END) : name === PROMPT_ROWS || CACHE.test(name)
    const wanted = CACHE.test(name) ? 'F16' : 'F32'
    if (!known) throw badVoice(gguf.file, `tensor ${name} has no meaning in a voice of the kind ${kind}`)
    if (typeName !== wanted) throw badVoice(gguf.file, `${name} is of type ${typeName} instead of ${wanted}`)
    return { name, shape: [...shape] }
  })
  if (arrays.length === 0) throw badVoice(gguf.file, 'it has no tensors')
  if (kind === 'ia3') {
    const flat = arrays.every(({ shape }) => shape.slice(1).every((n) => n === 1))
    if (!flat) throw badVoice(gguf.file, 'its factors are no vectors')
    return arrays
  }
  const rows = arrays.find(({ name }) => name === PROMPT_ROWS)?.shape[1] ?? 1
  const blocks = arrays.filter(({ name }) => name.endsWith('_k')).length
  const whole = Array.from({ length: blocks }, (_, i) => [promptKeys(i), promptValues(i)]).flat()
  const missing = [PROMPT_ROWS, ...whole].find((name) => !gguf.tensors.has(name))
  if (missing !== undefined || blocks === 0) throw badVoice(gguf.file, `${missing ?? promptKeys(0)} is missing`)
  const other = arrays.find(({ shape }) => (shape[1] ?? 1) !== rows)
  if (other) throw badVoice(gguf.file, `${PROMPT_ROWS} has ${rows} rows, ${other.name} ${other.shape[1] ?? 1}`)
  return arrays
}

const CACHE = /^blk\.\d+\.prompt_[kv]$/

/** Rows that a voice puts in front of every text; 0 for kinds that put none. */
export function prefixOfVoice(voice: VoiceFile): number {
  return voice.kind === 'prompt' ? (voice.arrays.find(({ name }) => name === PROMPT_ROWS)?.shape[1] ?? 1) : 0
}

/** What does not fit between a voice of arrays and a base, in words, or null. */
export function arrayMismatch(voice: VoiceFile, base: GgufFile): string | null {
  for (const { name, shape } of voice.arrays) {
    if (voice.kind === 'ia3') {
      const weight = base.tensors.get(name.slice(0, -FACTORS_END.length))
      if (weight === undefined) return `it changes ${name.slice(0, -FACTORS_END.length)}, which the base has not`
      if (weight.shape[1] !== shape[0]) return `${name} has ${shape[0]} factors, the base has ${weight.shape[1]} rows`
    } else if (name === PROMPT_ROWS) {
      const width = base.tensor('token_embd.weight').shape[0]
      if (shape[0] !== width) return `its rows have the width ${shape[0]}, the base's ${width}`
    }
  }
  if (voice.kind !== 'prompt') return null
  const blocks = base.number(`${voice.architecture}.block_count`)
  const found = voice.arrays.filter(({ name }) => name.endsWith('_k')).length
  return found === blocks ? null : `it has keys for ${found} blocks, the base has ${blocks} blocks`
}

/** @throws IdiolectError `BadVoice` when the voice is of another kind */
export function wantKind(voice: VoiceFile, kind: VoiceFile['kind']): void {
  if (voice.kind !== kind)
    throw new IdiolectError('BadVoice', `${voice.file} is of the kind ${voice.kind}, ${kind} is wanted`, null)
}
