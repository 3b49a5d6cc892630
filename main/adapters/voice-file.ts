/**
 * Voices on disk: llama.cpp's GGUF LoRA, with our own keys beside llama.cpp's, so that one file is a whole voice and
 * any program that reads such adapters takes it. Knows names and shapes of weights, not how they were trained, nor
 * which voice is switched on.
 *
 * `<weight>.lora_a` is [K, r] and `<weight>.lora_b` [r, M] (fastest dimension first) for a weight [K, M]; llama.cpp
 * adds alpha / r * B A x to W x.
 */
import type { AdapterKind } from '../../preload/contract.ts'
import { bf16ToFloat, halfToFloat } from '../gguf/half.ts'
import { type GgufFile, type GgufTensor, readGguf, readTensor } from '../gguf/read.ts'
import { float32, text, uint32 } from '../gguf/values.ts'
import { writeGguf } from '../gguf/write.ts'
import { arraysOf, type VoiceArray } from './array-voice.ts'
import { badVoice, metadataOf, VERSION, type VoiceFacts } from './voice-facts.ts'

/** The low-rank pair of one weight, as numbers. */
export interface VoiceTensor {
  /** The weight's name in the base: `blk.0.attn_q.weight`. */
  name: string
  /** r rows of K. */
  a: Float32Array
  /** M rows of r. */
  b: Float32Array
  K: number
  M: number
}

/** What a pair claims, without its numbers. */
export interface VoiceShape {
  name: string
  K: number
  M: number
  rank: number
}

/** How a voice changes its base, as `adapter.type` says; only LoRA is known to other programs. */
const KINDS: readonly AdapterKind[] = ['lora', 'ia3', 'prompt']

export interface VoiceFile {
  file: string
  kind: AdapterKind
  bytes: number
  architecture: string
  /** 0 in voices that are no LoRA. */
  alpha: number
  /** The largest rank, where pairs differ (only foreign files'); 0 in voices that are no LoRA. */
  rank: number
  /** q, k, v, o, gate, up, down; other weights by their names in the file. */
  targets: string[]
  /** Null in files that Idiolect did not write, as are the next three. */
  name: string | null
  baseName: string | null
  baseSha256: string | null
  /** ISO date and time. */
  createdAt: string | null
  /** What else the writer noted; empty in foreign files. */
  extra: Record<string, unknown>
  /** Pairs of a LoRA. */
  tensors: VoiceShape[]
  /** Arrays of the other kinds. */
  arrays: VoiceArray[]
  gguf: GgufFile
}

export interface VoiceInput extends VoiceFacts {
  alpha: number
  rank: number
  tensors: VoiceTensor[]
}

const A = '.lora_a'
const B = '.lora_b'

/** A weight's short name, as options and cards call it. */
export const TARGETS = new Map([
  ['attn_q', 'q'],
  ['attn_k', 'k'],
  ['attn_v', 'v'],
  ['attn_qkv', 'qkv'],
  ['attn_output', 'o'],
  ['ffn_gate', 'gate'],
  ['ffn_up', 'up'],
  ['ffn_down', 'down'],
])

/** Writes the voice whole or not at all. Throws on numbers that are not of their pair's shape or not finite. */
export function writeVoiceFile(file: string, voice: VoiceInput): void {
  const { rank } = voice
  if (voice.tensors.length === 0) throw new Error('a voice has one pair at least')
  for (const { name, a, b, K, M } of voice.tensors) {
    if (a.length !== rank * K || b.length !== M * rank)
      throw new Error(`${name} [${K}, ${M}] of rank ${rank}: A has ${a.length} numbers, B ${b.length}`)
    if (!a.every(Number.isFinite) || !b.every(Number.isFinite))
      throw new Error(`${name} has numbers that are not finite`)
  }
  writeGguf(file, {
    metadata: {
      ...metadataOf(voice),
      'adapter.type': text('lora'),
      'adapter.lora.alpha': float32(voice.alpha),
      'idiolect.rank': uint32(rank),
    },
    tensors: voice.tensors.flatMap(({ name, a, b, K, M }) => [
      { name: name + A, type: 'F32' as const, shape: [K, rank], data: a },
      { name: name + B, type: 'F32' as const, shape: [rank, M], data: b },
    ]),
  })
}

/**
 * Reads and checks a voice, all but its numbers. Foreign GGUF LoRAs are taken too. Throws IdiolectError `BadGguf` for
 * a broken file and `BadVoice` for one that is of no known kind or contradicts itself.
 */
export function readVoiceFile(file: string): VoiceFile {
  const gguf = readGguf(file)
  const kind = [gguf.string('general.type', 'model'), gguf.string('adapter.type', 'none')]
  const known = KINDS.find((each) => each === kind[1])
  if (kind[0] !== 'adapter' || known === undefined)
    throw badVoice(file, `it is of type ${kind[0]}, adapter ${kind[1]}, instead of adapter and lora`)
  const ours = gguf.has('idiolect.version')
  if (ours) checkVersion(gguf)
  const tensors = known === 'lora' ? pairUp(gguf) : []
  const arrays = known === 'lora' ? [] : arraysOf(gguf, known)
  const rank = Math.max(0, ...tensors.map((tensor) => tensor.rank))
  if (ours && known === 'lora') checkRank(gguf, tensors)
  const own = (key: string) => (ours ? gguf.string(`idiolect.${key}`) : null)
  return {
    file,
    kind: known,
    bytes: gguf.fileSize,
    architecture: gguf.string('general.architecture'),
    alpha: known === 'lora' ? readAlpha(gguf) : 0,
    rank,
    targets: ours ? gguf.strings('idiolect.targets') : targetsOf(tensors),
    name: own('name'),
    baseName: own('base.name'),
    baseSha256: own('base.sha256'),
    createdAt: own('created'),
    extra: ours ? readExtra(gguf) : {},
    tensors,
    arrays,
    gguf,
  }
}

function readAlpha(gguf: GgufFile): number {
  const alpha = gguf.number('adapter.lora.alpha')
  if (!Number.isFinite(alpha)) throw badVoice(gguf.file, `its alpha is ${alpha}`)
  return alpha
}

function checkVersion(gguf: GgufFile): void {
  const version = gguf.number('idiolect.version')
  if (version !== VERSION) throw badVoice(gguf.file, `it is of version ${version}, version ${VERSION} is read`)
}

function checkRank(gguf: GgufFile, tensors: VoiceShape[]): void {
  const claimed = gguf.number('idiolect.rank')
  const other = tensors.find(({ rank }) => rank !== claimed)
  if (other) throw badVoice(gguf.file, `it claims rank ${claimed}, ${other.name} has rank ${other.rank}`)
}

function readExtra(gguf: GgufFile): Record<string, unknown> {
  try {
    const extra: unknown = JSON.parse(gguf.string('idiolect.extra'))
    if (typeof extra === 'object' && extra !== null && !Array.isArray(extra)) return extra as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw badVoice(gguf.file, 'idiolect.extra is no JSON object')
}

function targetsOf(tensors: VoiceShape[]): string[] {
  const parts = tensors.map(({ name }) => name.replace(/^blk\.\d+\./, '').replace(/\.weight$/, ''))
  return [...new Set(parts.map((part) => TARGETS.get(part) ?? part))]
}

/** Every tensor as half of a pair, the halves held against each other; norms are let pass, as llama.cpp does. */
function pairUp(gguf: GgufFile): VoiceShape[] {
  const pairs: VoiceShape[] = []
  for (const [name, tensor] of gguf.tensors) {
    if (name.endsWith(A)) pairs.push(pairOf(gguf, name.slice(0, -A.length), tensor))
    else if (name.endsWith(B)) {
      if (!gguf.tensors.has(name.slice(0, -B.length) + A)) throw badVoice(gguf.file, `${name} has no ${A} beside it`)
    } else if (!name.endsWith('_norm.weight')) throw badVoice(gguf.file, `tensor ${name} is neither ${A} nor ${B}`)
  }
  if (pairs.length === 0) throw badVoice(gguf.file, 'it has no pair of tensors')
  return pairs
}

function pairOf(gguf: GgufFile, name: string, a: GgufTensor): VoiceShape {
  const b = gguf.tensors.get(name + B)
  if (b === undefined) throw badVoice(gguf.file, `${name}${A} has no ${B} beside it`)
  const [a0 = 0, a1 = 1, ...a2] = a.shape
  const [b0 = 0, b1 = 1, ...b2] = b.shape
  const flat = [...a2, ...b2].every((n) => n === 1)
  // llama.cpp looks rows of A up for the token embedding, so there A lies the other way round.
  const [K, rankA, M] = name === 'token_embd.weight' ? [b1, a0, a1] : [a0, a1, b1]
  if (!flat || rankA !== b0)
    throw badVoice(gguf.file, `${name}: A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}] share no rank`)
  return { name, K, M, rank: b0 }
}

/** The numbers of every pair as F32. Throws `BadVoice` on a type other than F32, F16 and BF16 or on a number not finite. */
export function readVoiceTensors(voice: VoiceFile): VoiceTensor[] {
  return voice.tensors.map(({ name, K, M }) => {
    const [a, b] = [A, B].map((end) => readNumbers(voice, name + end)) as [Float32Array, Float32Array]
    return { name, K, M, a, b }
  })
}

/** One tensor's numbers as F32. Throws as `readVoiceTensors`. */
export function readNumbers(voice: VoiceFile, name: string): Float32Array {
  const { typeName } = voice.gguf.tensor(name)
  const bytes = readTensor(voice.gguf, name)
  const numbers = toFloats(typeName, bytes)
  if (numbers === null) throw badVoice(voice.file, `${name} is of type ${typeName}; F32, F16 and BF16 are read`)
  if (!numbers.every(Number.isFinite)) throw badVoice(voice.file, `${name} has numbers that are not finite`)
  return numbers
}

/** Bytes of a float type as floats, or null for other types. */
export function toFloats(typeName: string, bytes: Buffer): Float32Array | null {
  const from = (size: number, read: (at: number) => number) =>
    Float32Array.from({ length: bytes.length / size }, (_, i) => read(i * size))
  // Copied, because an array of floats must begin at a multiple of four; every machine we run on is little endian.
  if (typeName === 'F32') return new Float32Array(new Uint8Array(bytes).buffer)
  if (typeName === 'F16') return from(2, (at) => halfToFloat(bytes.readUInt16LE(at)))
  return typeName === 'BF16' ? from(2, (at) => bf16ToFloat(bytes.readUInt16LE(at))) : null
}
