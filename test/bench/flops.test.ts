import { describe, expect, it } from 'vitest'
import { type Shape, stepFlops } from './flops.ts'

const SMOLLM: Shape = { blocks: 30, width: 576, heads: 9, kvHeads: 3, headSize: 64, ff: 1536, vocabulary: 49152 }
const NONE = { rank: 8, targets: [] }

describe('the count of a step', () => {
  it('is that of plain loops over a small model', () => {
    const shape: Shape = { blocks: 2, width: 4, heads: 2, kvHeads: 1, headSize: 2, ff: 6, vocabulary: 10 }
    const texts = [3, 5]
    let weights = 0
    let attention = 0
    let lora = 0
    for (const rows of texts) {
      for (let block = 0; block < shape.blocks; block++) {
        // q, k, v; then o, gate, up, down, of the last block on one row of each text: forward and the gradient of the input.
        for (const [k, m, past] of [
          [4, 4, false],
          [4, 2, false],
          [4, 2, false],
          [4, 4, true],
          [4, 6, true],
          [4, 6, true],
          [6, 4, true],
        ] as const) {
          const computed = past && block === shape.blocks - 1 ? 1 : rows
          for (let row = 0; row < computed; row++) weights += 2 * (2 * k * m)
        }
        for (let head = 0; head < shape.heads; head++)
          for (let query = 0; query < rows; query++)
            for (let key = 0; key <= query; key++) attention += 6 * 2 * shape.headSize
        // One pair [4, 4] of rank 3: A x, B (A x); dB, Bᵀ dy, dA, Aᵀ (Bᵀ dy).
        for (let row = 0; row < rows; row++) lora += 2 * 3 * 4 * 6
      }
    }
    const count = stepFlops(shape, { texts, supervised: 2, rank: 3, targets: [[4, 4]] })
    expect(count).toEqual({ weights, attention, lora, head: 2 * 2 * (2 * 4 * 10), all: expect.any(Number) })
    expect(count.all).toBe(count.weights + count.attention + count.lora + count.head)
  })

  it('is about 0.6 GFLOP a token on the 135M shape with all positions supervised', () => {
    const texts = [256, 256, 256, 256]
    const targets = [
      [576, 576],
      [576, 192],
    ] as const
    const { all } = stepFlops(SMOLLM, { texts, supervised: 1024, rank: 8, targets })
    expect(all / 1024 / 1e9).toBeGreaterThan(0.55)
    expect(all / 1024 / 1e9).toBeLessThan(0.65)
  })

  it('grows with the square of a text only in attention', () => {
    const short = stepFlops(SMOLLM, { texts: [512, 512], supervised: 10, ...NONE })
    const long = stepFlops(SMOLLM, { texts: [1024], supervised: 10, ...NONE })
    expect(long.weights).toBe(short.weights)
    expect(long.head).toBe(short.head)
    expect(long.attention / short.attention).toBeGreaterThan(1.99)
  })
})
