/**
 * A LoRA voice merged into its base: a whole GGUF whose changed weights are W + s B A, for programs that read no adapters
 * and for a task adapter that everything else is to lie over. What the voice does not change is copied byte for byte.
 *
 * Changed weights are stored in F16, or in F32 where the base's own are: a voice's changes are smaller than the steps of
 * four bits and would be lost in them; Q8_0, half as large, loses some three per cent of what a voice does, F16 nothing
 * that can be seen (docs/adapters.md has the figures). A few matrices a block are changed, so that the file grows little.
 */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { openDevice } from '../ggml/open.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import { type GgufFile, type GgufTensor, readGguf, readTensorChunks } from '../gguf/read.ts'
import type { GgmlTypeName } from '../gguf/types.ts'
import { float32, text } from '../gguf/values.ts'
import { type TensorInput, writeGguf } from '../gguf/write.ts'
import { wantKind } from './array-voice.ts'
import { checkVoice } from './check-voice.ts'
import { sha256OfContent } from './share-voice.ts'
import { underOf } from './task-adapter.ts'
import { readNumbers, readVoiceFile, type VoiceFile, type VoiceShape } from './voice-file.ts'

const BASE = 'idiolect.merged.base.sha256'
const VOICE = 'idiolect.merged.voice.sha256'
const STRENGTH = 'idiolect.merged.strength'

/** Most elements of a weight that are in memory at a time. */
const ELEMENTS = 2 << 20
/** An F16 whose exponent is all ones is infinite or no number. */
const INFINITE = 0x7c00

export interface MergeOptions {
  /** Type of changed weights in a base whose own are not F32. */
  type?: 'F16' | 'Q8_0'
  threads?: number
}

/**
 * Writes base and voice as one model, whole or not at all.
 * @param scale strength: 1 is as trained
 * @throws IdiolectError `VoiceMismatch` when the voice does not fit the base; `BadTaskAdapter` when it was trained over a
 * task adapter that is not merged into this base; `NotMergeable` for a kind, type or weight that cannot be merged
 */
export function mergeLora(
  baseFile: string,
  voiceFile: string,
  scale: number,
  outFile: string,
  { type = 'F16', threads = 1 }: MergeOptions = {},
): void {
  const base = readGguf(baseFile)
  const voice = readVoiceFile(voiceFile)
  wantKind(voice, 'lora')
  const baseHash = sha256OfContent(baseFile)
  checkVoice(voice, base, checkUnder(voice, base) ?? baseHash)
  const pairs = new Map(voice.tensors.map((pair) => [pair.name, pair]))
  for (const { name } of voice.tensors) checkWeight(base.tensor(name))
  const device = openDevice({ threads })
  try {
    const tensors = [...base.tensors.values()].map((tensor): TensorInput => {
      const { name, shape, typeName } = tensor
      const pair = pairs.get(name)
      if (!pair) {
        const data: TensorInput['data'] = (append) => readTensorChunks(base, name, 4 * ELEMENTS, append)
        return { name, shape, type: typeName as GgmlTypeName, data }
      }
      // llama.cpp's rule: alpha / rank, and 1 where the file's alpha is 0.
      const factor = scale * (voice.alpha === 0 ? 1 : voice.alpha / pair.rank)
      const stored = storedType(device, tensor, type)
      return {
        name,
        shape,
        type: stored,
        data: (append) => mergedRows(device, base, tensor, { pair, voice, factor }, stored, append),
      }
    })
    const metadata = new Map(base.metadata)
    metadata.set(BASE, text(baseHash))
    metadata.set(VOICE, text(sha256OfContent(voiceFile)))
    metadata.set(STRENGTH, float32(scale))
    writeGguf(outFile, { metadata, tensors })
  } finally {
    device.free()
  }
}

/** Hash of the base that a voice over a task adapter names, when this file is that base with that adapter; else null. */
function checkUnder(voice: VoiceFile, base: GgufFile): string | null {
  const under = underOf(voice.extra)
  if (!under) return null
  const merged = base.has(VOICE) ? base.string(VOICE) : null
  if (merged === under.sha256 && base.number(STRENGTH) === 1) return base.string(BASE)
  const there = merged === null ? 'nothing' : `${merged} at strength ${base.number(STRENGTH)}`
  throw new IdiolectError(
    'BadTaskAdapter',
    `The voice ${voice.name ?? voice.file} was trained over the task adapter ${under.name} with SHA-256 ${under.sha256}, into ${base.file} is merged ${there}`,
    'Merge the task adapter into the base first, at strength 1, and the voice into that.',
  )
}

function checkWeight({ name, typeName }: GgufTensor): void {
  const problem =
    name === 'token_embd.weight'
      ? 'is changed by the voice, and rows of it are looked up, not multiplied'
      : typeName in TYPE
        ? null
        : `is of type ${typeName}, to which nothing can be added`
  if (problem)
    throw new IdiolectError('NotMergeable', `${name} ${problem}`, 'Use the voice beside its base, without merging.')
}

function storedType(device: Device, { shape, typeName }: GgufTensor, type: 'F16' | 'Q8_0'): GgmlTypeName {
  if (typeName === 'F32') return 'F32'
  return (shape[0] as number) % device.ggml.blockSize(TYPE[type]) === 0 ? type : 'F16'
}

interface Change {
  pair: VoiceShape
  voice: VoiceFile
  factor: number
}

/** W + factor · B A, some rows at a time: the sum over the rank, which Aᵀ and B have as their first dimension. */
function mergedRows(
  device: Device,
  base: GgufFile,
  { name, typeName }: GgufTensor,
  { pair: { K, M, rank }, voice, factor }: Change,
  stored: GgmlTypeName,
  append: (data: Uint8Array) => void,
): void {
  const own = TYPE[typeName as TypeName]
  const target = TYPE[stored as TypeName]
  const step = Math.min(M, Math.max(1, Math.floor(ELEMENTS / K)))
  const rowBytes = device.ggml.rowSize(own, K)
  using storage = new Storage(device)
  const w = storage.tensor(own, [K, step])
  const floats = storage.tensor(TYPE.F32, [K, step])
  const a = storage.tensor(TYPE.F32, [K, rank])
  const b = storage.tensor(TYPE.F32, [rank, M])
  const merged = storage.tensor(target, [K, step])
  storage.allocate()
  storage.set(a, readNumbers(voice, `${name}.lora_a`))
  storage.set(
    b,
    readNumbers(voice, `${name}.lora_b`).map((value) => value * factor),
  )
  using graph = new Graph(device, 32)
  readTensorChunks(base, name, rowBytes * step, (chunk, at) => {
    const first = at / rowBytes
    const rows = chunk.length / rowBytes
    storage.set(w, chunk)
    graph.reset()
    const plain = graph.copy(graph.view(w, [K, rows]), graph.view(floats, [K, rows]))
    const change = graph.mulMat(graph.transposed(a), graph.view(b, [rank, rows], [], first * rank * 4))
    graph.copy(graph.add(plain, change), graph.view(merged, [K, rows]))
    graph.compute()
    const bytes = storage.getBytes(merged).subarray(0, device.ggml.rowSize(target, K) * rows)
    if (stored === 'F16') checkHalves(name, bytes)
    append(bytes)
  })
}

function checkHalves(name: string, bytes: Uint8Array): void {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  if (halves.every((half) => (half & INFINITE) !== INFINITE)) return
  throw new IdiolectError(
    'NotMergeable',
    `${name} with the voice has numbers too large for F16`,
    'Merge with a smaller strength, or use the voice beside its base.',
  )
}
