import { describe, expect, it } from 'vitest'
import { adamwStep, learningRate, type Moments, zeroMoments } from '../../main/trainer/optimizer.ts'

const PLAIN = { weightDecay: 0, clip: 0 }
const moments = (...values: number[]): Moments => zeroMoments(Float32Array.from(values))

describe('AdamW', () => {
  it('moves each number by the rate at the first step, whatever the gradient', () => {
    // m = .1 g and v = .001 g²; corrected g and g², so the update is g / |g|.
    const one = moments(1, -2, 0.5)
    adamwStep([one], [Float32Array.of(3, -0.02, 400)], 1, 0.01, PLAIN)
    expect([...one.value]).toEqual([0.99, -1.99, 0.49].map((v) => expect.closeTo(v, 6)))
    expect([...one.m]).toEqual([0.3, -0.002, 40].map((v) => expect.closeTo(v, 5)))
    expect([...one.v]).toEqual([0.009, 4e-7, 160].map((v) => expect.closeTo(v, 4)))
  })

  it('gives the numbers worked out by hand at the second step', () => {
    const one = moments(1)
    adamwStep([one], [Float32Array.of(2)], 1, 0.1, PLAIN)
    adamwStep([one], [Float32Array.of(-1)], 2, 0.1, PLAIN)
    // m = .9 × .2 − .1 = .08, corrected .08 / .19 = .421053; v = .999 × .004 + .001 = .004996, corrected
    // .004996 / .001999 = 2.499250, its root 1.580902; .9 − .1 × .421053 / 1.580902 = .873366.
    expect(one.value[0]).toBeCloseTo(0.873366, 5)
  })

  it('lets numbers decay by rate × weight decay, apart from the gradient', () => {
    const one = moments(4)
    adamwStep([one], [Float32Array.of(0)], 1, 0.1, { weightDecay: 0.05, clip: 0 })
    expect(one.value[0]).toBeCloseTo(4 - 0.1 * 0.05 * 4, 6)
  })

  it("clips by the norm over all arrays and returns the norm before; Adam's first step does not see the length", () => {
    const [a, b] = [moments(0), moments(0)]
    const norm = adamwStep([a, b], [Float32Array.of(3), Float32Array.of(4)], 1, 1, { weightDecay: 0, clip: 1 })
    expect(norm).toBeCloseTo(5, 6)
    expect([a.m[0], b.m[0]]).toEqual([expect.closeTo(0.06, 6), expect.closeTo(0.08, 6)])
  })
})

describe("LoRA+: an array's own rate", () => {
  it('multiplies step and decay of that array alone; the moments stay the same', () => {
    const settings = { weightDecay: 0.1, clip: 0 }
    const [a, b] = [moments(1), { ...moments(1), rate: 16 }]
    for (const step of [1, 2]) {
      const gradient = Float32Array.of(step === 1 ? 2 : -1)
      adamwStep([a, b], [gradient, gradient], step, 0.001, settings)
    }
    // Updates as above: 1, then .421053 / 1.580902 = .266337 on what the first step left.
    const byHand = (rate: number): number => {
      const first = 1 - rate * (1 + 0.1 * 1)
      return first - rate * (0.266337 + 0.1 * first)
    }
    // The second update has the gradient's sign of the running mean, which is still positive.
    expect(a.value[0]).toBeCloseTo(byHand(0.001), 6)
    expect(b.value[0]).toBeCloseTo(byHand(0.016), 6)
    expect([...b.m, ...b.v]).toEqual([...a.m, ...a.v])
  })

  it('a rate of 1 is none', () => {
    const [plain, one] = [moments(0.3, -7), { ...moments(0.3, -7), rate: 1 }]
    const gradient = Float32Array.of(0.7, 1e-3)
    adamwStep([plain], [gradient], 1, 0.02, { weightDecay: 0.01, clip: 0.3 })
    adamwStep([one], [gradient], 1, 0.02, { weightDecay: 0.01, clip: 0.3 })
    expect([...one.value]).toEqual([...plain.value])
  })
})

describe('the schedule', () => {
  it('rises over the warm-up, then falls in a line that would reach 0 one step past the end', () => {
    const rates = Array.from({ length: 10 }, (_, i) => learningRate(1, 0.2, i + 1, 10))
    expect(rates.slice(0, 2)).toEqual([0.5, 1])
    expect(rates[2]).toBeCloseTo(8 / 9, 12)
    expect(rates[9]).toBeCloseTo(1 / 9, 12)
  })
})
