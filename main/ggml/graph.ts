/**
 * A graph of tensor operations, built and computed again and again in the same memory. Shapes are checked here, before
 * ggml sees them, because a failed assertion inside ggml ends the process.
 *
 * Shapes stand as ggml orders them: [fastest, …]. `mulMat(a [k, m], b [k, n])` gives [m, n] = aᵀ b.
 *
 * On a GPU each node is asked for by `supports_op` as it is built. One that is lacking is written from others where
 * that is cheaper (`replacements.ts`), and otherwise computed on the CPU.
 */
import { IdiolectError } from '../errors.ts'
import { type Ggml, makeView, NULL, type Pointer, type RopeFunction, viewSource } from './api.ts'
import { Computer } from './compute.ts'
import type { Device } from './device.ts'
import { outProdFromMulMat, rmsNormBackFromForward, softMaxBackFromForward } from './replacements.ts'
import { elements, type Storage, shape4, type Tensor } from './storage.ts'
import { TYPE, type TypeNumber } from './types.ts'

type Shape = Tensor['ne']

export interface Rope {
  dims: number
  /** 0: pairs of neighbours (NORM), 2: halves (NEOX). */
  mode: 0 | 2
  contextOriginal: number
  freqBase: number
  freqScale: number
  extFactor: number
  attnFactor: number
  betaFast: number
  betaSlow: number
  /** Frequency factors of the file, or null. */
  factors: Tensor | null
}

export class Graph implements Disposable {
  readonly #device: Device
  readonly #ggml: Ggml
  readonly #context: Pointer
  readonly #computer: Computer
  readonly #size: number
  readonly #lacking = new Map<string, number>()
  #graph: Pointer
  #lacks = false

  /** @param size most nodes and leaves that one build may have */
  constructor(device: Device, size = 2048) {
    this.#device = device
    this.#ggml = device.ggml
    this.#size = size
    this.#context = this.#ggml.init({
      mem_size: this.#ggml.tensorOverhead() * size * 2 + this.#ggml.graphOverheadCustom(size, false),
      mem_buffer: null,
      no_alloc: true,
    })
    this.#computer = new Computer(device)
    this.#graph = this.#ggml.newGraphCustom(this.#context, size, false)
  }

  /** Forgets what was built; memory for results is kept for the next build. */
  reset(): void {
    this.#ggml.reset(this.#context)
    this.#computer.reset()
    this.#lacks = false
    this.#graph = this.#ggml.newGraphCustom(this.#context, this.#size, false)
  }

  /** Bytes held for intermediate results. */
  get bytes(): number {
    return this.#computer.bytes
  }

  /** Share of the nodes that there is room for that this build has ordered so far. */
  get filled(): number {
    return this.#ggml.graphNodes(this.#graph) / this.#size
  }

  /** Operations of all builds so far that the device lacks, so that the CPU computed them: how often each. */
  get lacking(): ReadonlyMap<string, number> {
    return this.#lacking
  }

  /** Orders `tensor` and all it needs to be computed after everything expanded before. */
  expand(tensor: Tensor): Tensor {
    this.#ggml.buildForwardExpand(this.#graph, tensor.ptr)
    return tensor
  }

  /** Marks a result that is read after `compute`, so that its memory is not given to another. */
  output(tensor: Tensor): Tensor {
    this.#ggml.setOutput(tensor.ptr)
    return this.expand(tensor)
  }

  /** Has `node` computed right into the memory of a stored tensor (which must be at least as large). */
  into(node: Tensor, storage: Storage, slot: Tensor): Tensor {
    if (elements(node) > elements(slot) || node.type !== slot.type) {
      throw new Error(`a result [${node.ne}] does not fit its place [${slot.ne}]`)
    }
    const { buffer, address } = storage.place(slot)
    if (this.#device.fallback === null) {
      this.#ggml.backendTensorAlloc(buffer, node.ptr, address)
      return this.output(node)
    }
    // What cannot be computed in the GPU's memory, or is a view already, is copied there.
    if (viewSource(node.ptr) !== NULL || !this.#has(node.ptr)) {
      this.copy(node, this.view(slot, node.ne))
      return node
    }
    // A GPU's graph may be reordered, by who views what: the node must be known as a view of its place.
    makeView(node.ptr, slot.ptr)
    return this.output(node)
  }

  /**
   * Allocates and computes; returns when done.
   * @throws IdiolectError `ComputeFailed` or `OutOfMemory`
   */
  compute(): void {
    this.#computer.compute(this.#graph, this.#lacks)
  }

  /** The same; on another thread where the device has others beside it: see `Computer.computeAside`. @throws as `compute` */
  async computeAside(): Promise<void> {
    if (this.#device.aside) await this.#computer.computeAside(this.#graph)
    else this.compute()
  }

  #has(node: Pointer): boolean {
    return this.#device.supports === null || this.#device.supports(node)
  }

  // ---- shapes ---------------------------------------------------------------------------------------------

  #made(ptr: Pointer, ne: readonly number[], type: TypeNumber = TYPE.F32): Tensor {
    if (!this.#has(ptr)) {
      const name = this.#ggml.opDesc(ptr)
      this.#lacks = true
      this.#lacking.set(name, (this.#lacking.get(name) ?? 0) + 1)
      if (this.#device.fallback !== null && viewSource(ptr) !== NULL) {
        // The CPU cannot write into the GPU's memory, and ggml's scheduler would end the process.
        throw new IdiolectError('NotOnDevice', `${this.#device.name} cannot compute ${name} in stored memory`, null)
      }
    }
    return { ptr, type, ne: shape4(ne) }
  }

  view(a: Tensor, ne: readonly number[], strides: readonly number[] = [], byteOffset = 0): Tensor {
    const shape = shape4(ne)
    const row = this.#ggml.rowSize(a.type, shape[0])
    const b1 = strides[0] ?? row
    const b2 = strides[1] ?? b1 * shape[1]
    const b3 = strides[2] ?? b2 * shape[2]
    const last = byteOffset + b1 * (shape[1] - 1) + b2 * (shape[2] - 1) + b3 * (shape[3] - 1) + row
    const size = this.#ggml.nbytes(a.ptr)
    if (last > size) throw new Error(`a view of [${shape}] at ${byteOffset} ends at ${last}, past ${size} bytes`)
    const made = this.#made(this.#ggml.view4d(this.#context, a.ptr, ...shape, b1, b2, b3, byteOffset), shape, a.type)
    return shape[2] > 1 && b2 !== b1 * shape[1] ? { ...made, apart: true } : made
  }

  reshape(a: Tensor, ne: readonly number[]): Tensor {
    const shape = shape4(ne)
    this.#check(elements(a) === shape.reduce((x, y) => x * y, 1), 'reshape', a.ne, shape)
    return this.#made(this.#ggml.reshape4d(this.#context, a.ptr, ...shape), shape, a.type)
  }

  /** Dimension i of `a` becomes dimension `axes[i]`. */
  permute(a: Tensor, axes: readonly [number, number, number, number]): Tensor {
    const ne = [0, 0, 0, 0]
    for (let i = 0; i < 4; i++) ne[axes[i] as number] = a.ne[i] as number
    return this.#made(this.#ggml.permute(this.#context, a.ptr, ...axes), ne, a.type)
  }

  cont(a: Tensor): Tensor {
    return this.#made(this.#ggml.cont(this.#context, a.ptr), a.ne, a.type)
  }

  /** The first two dimensions exchanged, as a view. */
  transpose(a: Tensor): Tensor {
    return this.permute(a, [1, 0, 2, 3])
  }

  /** The same as a contiguous copy. */
  transposed(a: Tensor): Tensor {
    return this.cont(this.transpose(a))
  }

  cast(a: Tensor, type: TypeNumber): Tensor {
    return this.#made(this.#ggml.cast(this.#context, a.ptr, type), a.ne, type)
  }

  /** Copies `a` over `target` (same number of elements); ordered at once, since nothing else will need it. */
  copy(a: Tensor, target: Tensor): Tensor {
    this.#check(elements(a) === elements(target), 'copy', a.ne, target.ne)
    const direct = this.#ggml.cpy(this.#context, a.ptr, target.ptr)
    if (this.#has(direct) || a.type === target.type) return this.expand(this.#made(direct, target.ne, target.type))
    // The CPU converts; what is of one type can be copied everywhere.
    return this.copy(this.cast(a, target.type), target)
  }

  // ---- arithmetic -----------------------------------------------------------------------------------------

  #check(ok: boolean, operation: string, a: Shape | readonly number[], b: Shape | readonly number[]): void {
    if (!ok) throw new Error(`${operation}: shapes [${a.join(', ')}] and [${b.join(', ')}] do not agree`)
  }

  #elementwise(name: 'add' | 'sub' | 'mul' | 'div' | 'addInplace', a: Tensor, b: Tensor): Tensor {
    this.#check(
      a.ne.every((n, i) => n % (b.ne[i] as number) === 0),
      name,
      a.ne,
      b.ne,
    )
    return this.#made(this.#ggml[name](this.#context, a.ptr, b.ptr), a.ne)
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('add', a, b)
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('sub', a, b)
  }

  /** a ⊙ b, with b repeated where it is smaller. */
  mul(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('mul', a, b)
  }

  /** a / b, with b repeated where it is smaller. */
  div(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('div', a, b)
  }

  sqr(a: Tensor): Tensor {
    return this.#made(this.#ggml.sqr(this.#context, a.ptr), a.ne)
  }

  sqrt(a: Tensor): Tensor {
    return this.#made(this.#ggml.sqrt(this.#context, a.ptr), a.ne)
  }

  /** Sums over dimension 0: [1, …]. */
  sumRows(a: Tensor): Tensor {
    return this.#made(this.#ggml.sumRows(this.#context, a.ptr), [1, a.ne[1], a.ne[2], a.ne[3]])
  }

  /** a · factor in a's memory. */
  scaleInPlace(a: Tensor, factor: number): Tensor {
    return this.#made(this.#ggml.scaleInplace(this.#context, a.ptr, factor), a.ne)
  }

  /** Adds b into a's own memory; ordered at once. */
  accumulate(a: Tensor, b: Tensor): Tensor {
    return this.expand(this.#elementwise('addInplace', a, b))
  }

  scale(a: Tensor, factor: number): Tensor {
    return this.#made(this.#ggml.scale(this.#context, a.ptr, factor), a.ne)
  }

  /** factor · a + bias. */
  scaleBias(a: Tensor, factor: number, bias: number): Tensor {
    return this.#made(this.#ggml.scaleBias(this.#context, a.ptr, factor, bias), a.ne)
  }

  /** [k, m] and [k, n] -> [m, n]; a's dimensions 2 and 3 are repeated over b's. */
  mulMat(a: Tensor, b: Tensor): Tensor {
    const ok = a.ne[0] === b.ne[0] && b.ne[2] % a.ne[2] === 0 && b.ne[3] % a.ne[3] === 0
    this.#check(ok, 'mulMat', a.ne, b.ne)
    const [x, y] = [this.#together(a), this.#together(b)]
    return this.#made(this.#ggml.mulMat(this.#context, x.ptr, y.ptr), [a.ne[1], b.ne[1], b.ne[2], b.ne[3]])
  }

  /**
   * Matrices [m, k] and [n, k] -> [m, n] = a bᵀ, all F32: whole rows of `a`, each times a number of `b`, added up. So it is
   * the fast one where k or n is small and m is not, and needs nothing transposed; `b` may be a transposed view. Several at
   * once where both have a dimension 2, of one size.
   */
  outProd(a: Tensor, b: Tensor): Tensor {
    this.#check(a.ne[1] === b.ne[1] && a.ne[2] === b.ne[2] && a.ne[3] === b.ne[3], 'outProd', a.ne, b.ne)
    const own = this.#ggml.outProd(this.#context, a.ptr, b.ptr)
    return this.#has(own) ? this.#made(own, [a.ne[0], b.ne[0], a.ne[2], a.ne[3]]) : outProdFromMulMat(this, a, b)
  }

  /** ggml's Vulkan takes every matrix after the first from the wrong place where they lie apart. */
  #together(a: Tensor): Tensor {
    return a.apart && this.#device.kind === 'vulkan' ? this.cont(a) : a
  }

  /** Rows of `a` [k, rows] picked by `rows` (I32 [n]) -> F32 [k, n]. */
  getRows(a: Tensor, rows: Tensor): Tensor {
    this.#check(rows.type === TYPE.I32 && a.ne[2] === 1, 'getRows', a.ne, rows.ne)
    return this.#made(this.#ggml.getRows(this.#context, a.ptr, rows.ptr), [a.ne[0], rows.ne[0]])
  }

  /** Puts the rows of `b` [k, n] into `a` [k, m] at `rows` (I32 [n], all different); returns a view of a. */
  setRows(a: Tensor, b: Tensor, rows: Tensor): Tensor {
    this.#check(a.ne[0] === b.ne[0] && b.ne[1] === rows.ne[0], 'setRows', a.ne, b.ne)
    return this.#made(this.#ggml.setRows(this.#context, a.ptr, b.ptr, rows.ptr), a.ne)
  }

  rmsNorm(a: Tensor, eps: number): Tensor {
    return this.#made(this.#ggml.rmsNorm(this.#context, a.ptr, eps), a.ne)
  }

  /** Gradient of `rmsNorm(x)` given that of its result: (g − x̂ mean(g x̂)) / rms(x). */
  rmsNormBack(dy: Tensor, x: Tensor, eps: number): Tensor {
    this.#check(elements(dy) === elements(x), 'rmsNormBack', dy.ne, x.ne)
    const own = this.#ggml.rmsNormBack(this.#context, dy.ptr, x.ptr, eps)
    return this.#has(own) ? this.#made(own, dy.ne) : rmsNormBackFromForward(this, dy, x, eps)
  }

  silu(a: Tensor): Tensor {
    return this.#made(this.#ggml.silu(this.#context, a.ptr), a.ne)
  }

  /** dy σ(x)(1 + x(1 − σ(x))). */
  siluBack(dy: Tensor, x: Tensor): Tensor {
    return this.#made(this.#ggml.siluBack(this.#context, dy.ptr, x.ptr), dy.ne)
  }

  /** silu(gate) ⊙ up. */
  swiglu(gate: Tensor, up: Tensor): Tensor {
    return this.#made(this.#ggml.swigluSplit(this.#context, gate.ptr, up.ptr), gate.ne)
  }

  /** gelu(gate) ⊙ up, gelu in its tanh form (the CPU reads it from a table in F16). */
  geglu(gate: Tensor, up: Tensor): Tensor {
    this.#check(elements(gate) === elements(up), 'geglu', gate.ne, up.ne)
    return this.#made(this.#ggml.gegluSplit(this.#context, gate.ptr, up.ptr), gate.ne)
  }

  sigmoid(a: Tensor): Tensor {
    return this.#made(this.#ggml.sigmoid(this.#context, a.ptr), a.ne)
  }

  tanh(a: Tensor): Tensor {
    return this.#made(this.#ggml.tanh(this.#context, a.ptr), a.ne)
  }

  /** [k, m, n] and [k, l, n] -> [k, m + l, n]: b's rows after a's. */
  concat(a: Tensor, b: Tensor): Tensor {
    this.#check(a.ne[0] === b.ne[0] && a.ne[2] === b.ne[2] && a.ne[3] === b.ne[3], 'concat', a.ne, b.ne)
    const ne = [a.ne[0], a.ne[1] + b.ne[1], a.ne[2], a.ne[3]]
    return this.#made(this.#ggml.concat(this.#context, a.ptr, b.ptr, 1), ne)
  }

  /** Whether `causalInPlace` and `softMaxInPlace` may be used: on a GPU a result in stored memory is not always possible. */
  get inPlace(): boolean {
    return this.#device.supports === null
  }

  /** −∞ where a column (key, dimension 0) comes more than `past` after its row (query, dimension 1), in a's memory. */
  causalInPlace(a: Tensor, past: number): Tensor {
    return this.#made(this.#ggml.diagMaskInfInplace(this.#context, a.ptr, past), a.ne)
  }

  /** softmax over dimension 0 of scale·a, in a's memory. */
  softMaxInPlace(a: Tensor, scale: number): Tensor {
    return this.#made(this.#ggml.softMaxExtInplace(this.#context, a.ptr, NULL, scale, 0), a.ne)
  }

  /** softmax over dimension 0 of scale·a. */
  softMax(a: Tensor, scale: number): Tensor {
    return this.#made(this.#ggml.softMaxExt(this.#context, a.ptr, NULL, scale, 0), a.ne)
  }

  /**
   * Gradient of `softMax(a, scale)` with respect to a: scale·P ⊙ (dP − rowsum(dP ⊙ P)). ggml computes it in the memory of
   * dP, or of P where dP is stored or used again, and its CPU kernel is wrong there: so dP must be this one's alone.
   */
  softMaxBack(dP: Tensor, P: Tensor, scale: number): Tensor {
    this.#check(elements(dP) === elements(P), 'softMaxBack', dP.ne, P.ne)
    const own = this.#ggml.softMaxExtBack(this.#context, dP.ptr, P.ptr, scale, 0)
    return this.#has(own) ? this.#made(own, dP.ne) : softMaxBackFromForward(this, dP, P, scale)
  }

  rope(a: Tensor, positions: Tensor, rope: Rope): Tensor {
    return this.#rope('ropeExt', a, positions, rope)
  }

  ropeBack(dy: Tensor, positions: Tensor, rope: Rope): Tensor {
    return this.#rope('ropeExtBack', dy, positions, rope)
  }

  /** a [head, heads, tokens], positions I32 [tokens]. */
  #rope(name: 'ropeExt' | 'ropeExtBack', a: Tensor, positions: Tensor, r: Rope): Tensor {
    this.#check(positions.ne[0] === a.ne[2], name, a.ne, positions.ne)
    const call: RopeFunction = this.#ggml[name]
    const ptr = call(
      this.#context,
      a.ptr,
      positions.ptr,
      r.factors?.ptr ?? NULL,
      r.dims,
      r.mode,
      r.contextOriginal,
      r.freqBase,
      r.freqScale,
      r.extFactor,
      r.attnFactor,
      r.betaFast,
      r.betaSlow,
    )
    return this.#made(ptr, a.ne)
  }

  [Symbol.dispose](): void {
    this.#computer[Symbol.dispose]()
    this.#ggml.free(this.#context)
  }
}
