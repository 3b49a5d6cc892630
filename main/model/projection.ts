/**
 * Several matrices of one input: q, k and v, or gate and up. In some files they are one tensor's rows; then there is one
 * product and one LoRA pair for all, and results and gradients are cut apart and joined here.
 */
import type { Tensor } from '../ggml/storage.ts'
import { type Layer, type LinearContext, linear, linearBack } from './linear.ts'
import type { Matrix } from './matrix.ts'
import type { MatrixName } from './tensors.ts'
import type { Block } from './weights.ts'

export interface ProjectionContext extends LinearContext {
  index: number
  block: Block
}

/** What is projected together: names, the name of the tensor that may hold them all, and features of each. */
export interface Group {
  names: readonly MatrixName[]
  together: MatrixName
  sizes: readonly number[]
}

export function adapted(c: ProjectionContext, name: MatrixName): boolean {
  return (c.adapter?.on(c.index, name) ?? null) !== null
}

function layerOf(c: ProjectionContext, name: MatrixName): Layer {
  return {
    matrix: c.block.matrices[name] as Matrix,
    under: c.under?.on(c.index, name) ?? null,
    trained: c.adapter?.on(c.index, name) ?? null,
  }
}

/** W x + bias [out, rows], with what the adapters do to W. */
export function project(c: ProjectionContext, name: MatrixName, x: Tensor): Tensor {
  const y = linear(c, layerOf(c, name), x)
  const bias = c.block.biases[name]
  return bias ? c.graph.add(y, bias) : y
}

/** Sums the adapter's gradients; returns that of the input, or null when nothing below needs it. */
export function projectBack(
  c: ProjectionContext,
  name: MatrixName,
  dy: Tensor,
  x: Tensor,
  wantInput: boolean,
): Tensor | null {
  return linearBack(c, layerOf(c, name), dy, x, wantInput)
}

/** `project` for each of a group. */
export function projectGroup(c: ProjectionContext, group: Group, x: Tensor): Tensor[] {
  if (!c.block.matrices[group.together]) return group.names.map((name) => project(c, name, x))
  const all = project(c, group.together, x)
  let from = 0
  return group.sizes.map((size) => {
    const part = c.graph.view(all, [size, all.ne[1]], [all.ne[0] * 4], from * 4)
    from += size
    return c.graph.cont(part)
  })
}

/** `projectBack` for each of a group: the sum of the input's gradients. */
export function projectGroupBack(
  c: ProjectionContext,
  group: Group,
  dys: readonly Tensor[],
  x: Tensor,
  wantInput: boolean,
): Tensor | null {
  const g = c.graph
  if (c.block.matrices[group.together]) {
    // Joined in pieces of the smallest part's size, so that every part is a whole number of them: [piece, parts, rows].
    const piece = Math.min(...group.sizes)
    const rows = x.ne[1]
    const pieces = dys.map((dy, i) => g.reshape(dy, [piece, (group.sizes[i] as number) / piece, rows]))
    const joined = pieces.reduce((a, b) => g.concat(a, b))
    const all = g.reshape(joined, [piece * joined.ne[1], rows])
    return projectBack(c, group.together, all, x, wantInput)
  }
  const parts = group.names.map((name, i) => projectBack(c, name, dys[i] as Tensor, x, wantInput))
  return wantInput ? (parts as Tensor[]).reduce((a, b) => g.add(a, b)) : null
}
