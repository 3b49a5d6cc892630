/**
 * The small products of a LoRA pair and attention's gradients of keys and values in F32, as whole rows multiplied and added
 * (`low-rank.ts`, `attention.ts`) against ordinary products, which are contracted over the rank alone or over rows that are
 * transposed first.
 */

import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { outProdFromMulMat } from '../../main/ggml/replacements.ts'
import { Storage, type Tensor } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import type { Hyperparameters } from '../../main/model/hyperparameters.ts'
import { summed, widened } from '../../main/model/low-rank.ts'
import { median } from './table.ts'
import type { BenchOptions, Table } from './types.ts'

const RANK = 8
const TOKENS = 512

interface Thin {
  name: string
  /** Shapes of its two operands. */
  shapes: [number[], number[]]
  rows(g: Graph, a: Tensor, b: Tensor): Tensor
  product(g: Graph, a: Tensor, b: Tensor): Tensor
}

/** @param features of the pair's long side */
function products(features: number): Thin[] {
  return [
    {
      name: `B t, ${RANK} to ${features}`,
      shapes: [
        [features, RANK],
        [RANK, TOKENS],
      ],
      rows: widened,
      // The same numbers taken as [rank, features], B as files have it: what they are does not matter.
      product: (g, a, b) => g.mulMat(g.reshape(a, [RANK, features]), b),
    },
    {
      name: `dB, ${features} x ${RANK}`,
      shapes: [
        [features, TOKENS],
        [RANK, TOKENS],
      ],
      rows: summed,
      product: outProdFromMulMat,
    },
  ]
}

/** Gradient of a block's keys or values: 64 queries of each head against 256 keys, the heads of a group together. */
function ofKeys({ heads, kvHeads, headSize }: HeadShape): Thin {
  const queries = 64 * (heads / kvHeads)
  return {
    name: `dK, ${kvHeads} x ${queries} queries, 256 keys`,
    shapes: [
      [headSize, queries, kvHeads],
      [256, queries, kvHeads],
    ],
    rows: (g, a, b) => g.outProd(a, b),
    product: outProdFromMulMat,
  }
}

type HeadShape = Pick<Hyperparameters, 'heads' | 'kvHeads' | 'headSize'>

/** @param sizes features of the base's matrices */
export function thinTable(
  { threads, quick }: Pick<BenchOptions, 'threads' | 'quick'>,
  sizes: readonly number[],
  heads: HeadShape,
): Table {
  const device = openDevice({ threads })
  try {
    const rows = [...[...new Set(sizes)].flatMap(products), ofKeys(heads)].map(({ name, shapes, rows, product }) => {
      using storage = new Storage(device, device.buffers, 4)
      const [a, b] = shapes.map((shape) => storage.tensor(TYPE.F32, shape)) as [Tensor, Tensor]
      storage.allocate()
      storage.zero(a)
      storage.zero(b)
      using graph = new Graph(device, 64)
      const seconds = (build: Thin['rows']): number => {
        graph.reset()
        graph.output(build(graph, a, b))
        const began = performance.now()
        graph.compute()
        return (performance.now() - began) / 1000
      }
      // By turns, so that a busy moment meets both.
      const turns = Array.from({ length: quick ? 3 : 40 }, () => [seconds(rows), seconds(product)] as const)
      const [fast, slow] = [median(turns.map(([one]) => one)), median(turns.map(([, other]) => other))]
      return [name, (1e6 * fast).toFixed(0), (1e6 * slow).toFixed(0), (slow / fast).toFixed(1)]
    })
    return {
      title: `A LoRA pair's small products, rank ${RANK}, ${TOKENS} tokens, and attention's gradient of keys; ${threads} thread${threads === 1 ? '' : 's'}: microseconds, by turns`,
      head: ['product', 'whole rows (OUT_PROD)', 'contracted (MUL_MAT)', 'ratio'],
      rows,
      notes: [
        'Contracted: over the rank alone for B t; for dB over tokens, and for dK over queries, both sides transposed first.',
      ],
    }
  } finally {
    device.free()
  }
}
