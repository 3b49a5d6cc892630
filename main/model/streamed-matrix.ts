/**
 * A frozen matrix kept once, in the file's own type, for bases whose two converted copies do not fit in memory. Each
 * product converts W for itself, into room that every matrix uses in turn. The converted numbers are the very ones that
 * a matrix held twice has, so in plain memory the plan changes no bit of a block's results; a head in several parts, and
 * a layout of its own where the matrix is held, sum them in another order.
 */
import type { Device } from '../ggml/device.ts'
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import { conversionNodes, convert, convertTransposed, sliceElements } from './convert.ts'

export interface StreamedMatrix {
  readonly kind: 'streamed'
  readonly inputs: number
  readonly outputs: number
  /** W as the file has it, [in, out]. */
  readonly own: Tensor
  /** Types that W and Wᵀ are converted to. */
  readonly types: { forward: TypeNumber; backward: TypeNumber }
  /** Rows (outputs) converted at once; all of them for a block's matrix. */
  readonly part: number
  readonly room: StreamRoom
}

/** Room that all streamed matrices use in turn. What each needs is told before the storage is allocated. */
export class StreamRoom {
  readonly device: Device
  readonly #converted = new Map<TypeNumber, { elements: number; tensor: Tensor | null }>()
  #slice: { elements: number; tensor: Tensor | null } = { elements: 0, tensor: null }
  #results: { elements: number; tensor: Tensor | null } = { elements: 0, tensor: null }

  constructor(device: Device) {
    this.device = device
  }

  need(what: { converted: readonly TypeNumber[]; elements: number; slice: number; results: number }): void {
    for (const type of what.converted) {
      const before = this.#converted.get(type)?.elements ?? 0
      this.#converted.set(type, { elements: Math.max(before, what.elements), tensor: null })
    }
    this.#slice.elements = Math.max(this.#slice.elements, what.slice)
    this.#results.elements = Math.max(this.#results.elements, what.results)
  }

  /** Takes the room in a storage that is not allocated yet. */
  place(storage: Storage): void {
    for (const [type, place] of this.#converted) place.tensor = storage.tensor(type, [place.elements])
    for (const place of [this.#slice, this.#results]) {
      if (place.elements > 0) place.tensor = storage.tensor(TYPE.F32, [place.elements])
    }
  }

  converted(type: TypeNumber): Tensor {
    return placed(this.#converted.get(type)?.tensor, `matrices of type ${type}`)
  }
  get slice(): Tensor {
    return placed(this.#slice.tensor, 'slices')
  }
  get results(): Tensor {
    return placed(this.#results.tensor, 'results in parts')
  }
}

function placed(tensor: Tensor | null | undefined, what: string): Tensor {
  if (!tensor) throw new Error(`no room was planned for ${what}`)
  return tensor
}

/**
 * A streamed matrix over `own`; its room must not have been placed yet.
 * @param wanted what products are done in; rows that are not whole blocks of it are converted to F32
 * @param parts for a matrix that may be too large to be converted at once: most elements of a part, most rows of x
 */
export function planStreamed(
  room: StreamRoom,
  own: Tensor,
  wanted: { forward: TypeNumber; backward: TypeNumber },
  parts: { elements: number; rows: number } | null = null,
): StreamedMatrix {
  const { device } = room
  const [inputs, outputs] = own.ne
  const inBlocks = (type: TypeNumber, length: number): boolean => length % device.ggml.blockSize(type) === 0
  const inParts = parts !== null && inputs * outputs > parts.elements
  // Whole blocks of any type.
  const part = inParts ? Math.max(256, Math.floor(parts.elements / inputs / 256) * 256) : outputs
  const types = {
    forward: inBlocks(wanted.forward, inputs) ? wanted.forward : TYPE.F32,
    backward: inBlocks(wanted.backward, part) && inBlocks(wanted.backward, outputs) ? wanted.backward : TYPE.F32,
  }
  room.need({
    converted: types.forward === own.type ? [types.backward] : [types.forward, types.backward],
    elements: inputs * part,
    slice: sliceElements(device, own.type, inputs, part),
    results: inParts && types.forward !== own.type ? outputs * parts.rows : 0,
  })
  return { kind: 'streamed', inputs, outputs, own, types, part, room }
}

/** Nodes of a graph that one product takes at most. */
export function nodesOfProduct({ inputs, outputs, part, own, room }: StreamedMatrix): number {
  return Math.ceil(outputs / part) * (conversionNodes(room.device, own.type, inputs, part) + 8)
}

function partsOf({ outputs, part }: StreamedMatrix): { first: number; count: number }[] {
  return Array.from({ length: Math.ceil(outputs / part) }, (_, i) => ({
    first: i * part,
    count: Math.min(part, outputs - i * part),
  }))
}

/** y [out, n] = W x, for x [in, n]. */
export function streamedProduct(graph: Graph, matrix: StreamedMatrix, x: Tensor): Tensor {
  const { own, types, outputs, room } = matrix
  if (types.forward === own.type) return graph.mulMat(own, x)
  const n = x.ne[1]
  const parts = partsOf(matrix)
  for (const { first, count } of parts) {
    const source = { tensor: own, first, count }
    const W = convert(graph, room.device, source, room.slice, room.converted(types.forward))
    // Ordered at once: the room is the next product's, too.
    const y = graph.expand(graph.mulMat(W, x))
    if (parts.length === 1) return y
    graph.copy(y, graph.view(room.results, [count, n], [outputs * 4], first * 4))
  }
  return graph.view(room.results, [outputs, n])
}

/** dx [in, n] = Wᵀ dy, for dy [out, n]. */
export function streamedTransposedProduct(graph: Graph, matrix: StreamedMatrix, dy: Tensor): Tensor {
  const { own, types, outputs, room } = matrix
  let dx: Tensor | null = null
  for (const { first, count } of partsOf(matrix)) {
    const source = { tensor: own, first, count }
    const Wt = convertTransposed(graph, room.device, source, room.slice, room.converted(types.backward))
    const some = count === outputs ? dy : graph.view(dy, [count, dy.ne[1]], [outputs * 4], first * 4)
    const sum = graph.expand(graph.mulMat(Wt, some))
    dx = dx ? graph.accumulate(dx, sum) : sum
  }
  return dx as Tensor
}
