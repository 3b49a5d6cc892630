/** Finite differences: does the loss rise along a gradient as steeply as the gradient says? */
import { expect } from 'vitest'
import { pack } from '../../main/model/batch.ts'
import type { Engine } from '../../main/model/engine.ts'
import type { PairValues } from '../../main/model/lora.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'

/** Sets every pair to random values, so that no gradient is zero only because B begins at zero. */
export function disturb(engine: Engine, size = 0.1): PairValues[] {
  const stream = seeded('disturb')
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => (stream.next() - 0.5) * size)
  const { lora } = engine
  if (!lora) throw new Error('this engine has no LoRA')
  return lora.pairs.map((pair) => {
    const values = { a: draw(pair.inputs * lora.spec.rank), b: draw(pair.outputs * lora.spec.rank) }
    lora.write(pair, values)
    return values
  })
}

/**
 * For A and B of every pair: along its gradient the loss's slope is the gradient's norm.
 * @param tolerance of the slope, relative
 * @param step how far to go along the gradient, in the length of the weights' vector
 */
export async function expectTrueGradients(
  engine: Engine,
  examples: readonly TokenExample[],
  { tolerance = 0.02, step = 1e-3, size = 0.1 } = {},
): Promise<void> {
  const values = disturb(engine, size)
  const batch = pack(examples)
  await engine.trainPack(batch)
  const gradients = engine.takeGradient(1)
  const lora = engine.lora as NonNullable<Engine['lora']>
  for (const [i, pair] of lora.pairs.entries()) {
    const value = values[i] as PairValues
    for (const part of ['a', 'b'] as const) {
      const gradient = (gradients[i] as PairValues)[part]
      const norm = Math.hypot(...gradient)
      expect(norm, `${pair.tensor} ${part}`).toBeGreaterThan(1e-4)
      const lossAt = async (distance: number): Promise<number> => {
        const moved = value[part].map((v, j) => v + (distance * (gradient[j] as number)) / norm)
        lora.write(pair, { ...value, [part]: moved })
        return engine.measurePack(batch)
      }
      const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
      lora.write(pair, value)
      const off = Math.abs(slope - norm) / norm
      expect(off, `${pair.tensor} ${part}: slope ${slope}, norm ${norm}`).toBeLessThan(tolerance)
    }
  }
}
