/** A base's frozen weights on a device, read from its file. */
import type { Device } from '../ggml/device.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import { HEAD_ROWS } from './head.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { type Form, fits, loadMatrix, type Matrix, planMatrix, Reader, Storages } from './matrix.ts'
import { planStreamed, StreamRoom } from './streamed-matrix.ts'
import { type MatrixName, matrices, type NormName, norms } from './tensors.ts'

export interface Block {
  matrices: Partial<Record<MatrixName, Matrix>>
  /** F32 [out], for the matrices that have one. */
  biases: Partial<Record<MatrixName, Tensor>>
  norms: Partial<Record<NormName, Tensor>>
}

export interface Weights extends Disposable {
  /** Rows are picked from it: kept in the file's own type, [width, vocabulary]. */
  embedding: Tensor
  head: Matrix
  outputNorm: Tensor
  ropeFactors: Tensor | null
  blocks: Block[]
  bytes: number
}

/** How matrices are held: those of the blocks, and the output head's. */
export interface WeightForms {
  blocks: Form
  head: Form
  /**
   * Types of the file whose numbers the blocks' forward products take as they are: those products are then the very
   * ones that chat, and the copy no larger than the file's.
   */
  asFiled?: ReadonlySet<TypeNumber>
  /** Matrices kept once instead, in the file's own type: those of the first so many blocks, and the head's. */
  streamed?: Streamed
}

export interface Streamed {
  blocks: number
  head: boolean
}

/** Every matrix in one form. */
export function uniformForms(form: Form): WeightForms {
  return { blocks: form, head: form }
}

/** Both copies of every matrix in one type, in plain memory. */
export function plainForms(type: TypeNumber): WeightForms {
  return uniformForms({ type, buffers: null })
}

/**
 * Reads every weight.
 * @param forms how matrices are held; see `weight-forms.ts` of the trainer
 * @param longTexts takes the frequency factors for texts past the original context, where the file has two sets
 * @param onProgress called with 0..1
 */
export function loadWeights(
  device: Device,
  gguf: GgufFile,
  h: Hyperparameters,
  forms: WeightForms,
  longTexts = false,
  onProgress: (fraction: number) => void = () => {},
): Weights {
  // The head's conversion takes room of its own, so that it is done before the blocks' memory is asked for.
  const [ends, storages] = [new Storages(device, 16), new Storages(device, h.blocks * 32 + 16)]
  const room = new StreamRoom(device)
  const reader = new Reader(device, gguf)
  const { blocks: streamedBlocks, head: streamedHead } = forms.streamed ?? { blocks: 0, head: false }
  const type = streamedType(forms.blocks)
  const both = <F>(form: F) => ({ forward: form, backward: form })
  const own = (name: string, where = storages): Tensor => {
    const { type: ownType, shape } = reader.describe(name)
    return where.of(null).tensor(ownType, shape)
  }
  const vector = (length: number, where = storages): Tensor => where.of(null).tensor(TYPE.F32, [length])
  const read = (name: string, target: Tensor, where = storages): void => reader.read(name, where.of(null), target)
  const load = (name: string, target: Matrix, where = storages): void => {
    if (target.kind === 'held') loadMatrix(device, reader, name, target)
    if (target.own && target.own !== embedding) read(name, target.own, where)
  }

  const embedding = own('token_embd.weight', ends)
  const headName = h.tied ? 'token_embd.weight' : 'output.weight'
  const ownHead = (): Tensor => (h.tied ? embedding : own(headName, ends))
  const head = streamedHead
    ? planStreamed(room, ownHead(), both(type), { elements: PART_ELEMENTS, rows: HEAD_ROWS })
    : planMatrix(device, ends, both(forms.head), h.width, h.vocabulary, ownHead)
  const factors = longTexts ? h.rope.factors.long : h.rope.factors.usual
  const outputNorm = vector(h.width, ends)
  const ropeFactors = factors ? vector(h.rope.dims / 2, ends) : null
  ends.allocate()
  read('token_embd.weight', embedding, ends)
  read('output_norm.weight', outputNorm, ends)
  if (ropeFactors && factors) read(factors, ropeFactors, ends)
  load(headName, head, ends)

  const matrix = (i: number, name: string, [k, m]: [number, number]): Matrix => {
    const { type: ownType } = reader.describe(name)
    const filed = forms.asFiled?.has(ownType) ?? false
    if (i < streamedBlocks) return planStreamed(room, own(name), { forward: filed ? ownType : type, backward: type })
    const ownForm = filed ? { type: ownType, buffers: null } : null
    const forward = ownForm && fits(device, ownForm, k, m) ? ownForm : forms.blocks
    return planMatrix(device, storages, { forward, backward: forms.blocks }, k, m)
  }
  const blocks = Array.from({ length: h.blocks }, (_, i) => planBlock(gguf, h, i, matrix, vector))
  room.place(storages.of(null))
  storages.allocate()
  blocks.forEach((block, i) => {
    for (const [name, { tensor }] of entries(norms(h))) read(`blk.${i}.${tensor}.weight`, block.norms[name] as Tensor)
    for (const [name, { tensor }] of entries(matrices(h))) {
      const bias = block.biases[name]
      if (bias) read(`blk.${i}.${tensor}.bias`, bias)
      load(`blk.${i}.${tensor}.weight`, block.matrices[name] as Matrix)
    }
    onProgress((i + 1) / h.blocks)
  })
  const bytes = ends.bytes + storages.bytes
  const dispose = (): void => {
    for (const each of [ends, storages]) each[Symbol.dispose]()
  }
  return { embedding, head, outputNorm, ropeFactors, blocks, bytes, [Symbol.dispose]: dispose }
}

/** Elements of a streamed head that are converted at once. */
const PART_ELEMENTS = 64 << 20

/** What streamed matrices are converted to: the held form's type, but for those that only special buffers make fast. */
function streamedType({ type, buffers }: Form): TypeNumber {
  return buffers === null ? type : TYPE.Q8_0
}

function planBlock(
  gguf: GgufFile,
  h: Hyperparameters,
  index: number,
  matrix: (index: number, name: string, shape: [number, number]) => Matrix,
  vector: (length: number) => Tensor,
): Block {
  const block: Block = { matrices: {}, biases: {}, norms: {} }
  for (const [name, { length }] of entries(norms(h))) block.norms[name] = vector(length)
  for (const [name, { tensor, shape }] of entries(matrices(h))) {
    block.matrices[name] = matrix(index, `blk.${index}.${tensor}.weight`, shape)
    if (gguf.tensors.has(`blk.${index}.${tensor}.bias`)) block.biases[name] = vector(shape[1])
  }
  return block
}

function entries<K extends string, V>(record: Partial<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}
