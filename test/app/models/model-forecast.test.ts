import { describe, expect, it } from 'vitest'
import {
  chatMemoryOf,
  expectedTrainSpeed,
  forecastModel,
  type MachineFacts,
  type ModelFacts,
  recommendedOf,
  trainSpeedOf,
  USABLE_SPEED,
  USABLE_TRAINING,
} from '../../../main/app/models/model-forecast.ts'
import { roughTokens } from '../../../main/app/models/model-forecasts.ts'
import type { ModelSpeed } from '../../../main/inference/probe-types.ts'

const GB = 1e9

function model(id: string, more: Partial<ModelFacts> = {}): ModelFacts {
  return {
    id,
    bytes: GB,
    parameters: GB,
    trainable: true,
    contextBytes: 0.25 * GB,
    speed: null,
    trainSpeed: null,
    trainMemory: 2 * GB,
    ...more,
  }
}

function machine(more: Partial<MachineFacts> = {}): MachineFacts {
  return { availableBytes: 8 * GB, gflops: 100, trainTokens: 60_000, ...more }
}

function speed(tokensPerSecond: number, more: Partial<ModelSpeed> = {}): ModelSpeed {
  return { tokensPerSecond, prefill: 10 * tokensPerSecond, memoryBytes: 0, ...more }
}

const forecast = (one: ModelFacts, here: Partial<MachineFacts> = {}, others: ModelFacts[] = []) =>
  forecastModel(one, [one, ...others], machine(here))

describe('memory', () => {
  it('is weights, context and what stands beside them, and no less than was measured', () => {
    expect(chatMemoryOf(model('a'))).toBe(1.5 * GB)
    expect(chatMemoryOf(model('a', { speed: speed(20, { memoryBytes: 1.2 * GB }) }))).toBe(1.5 * GB)
    expect(chatMemoryOf(model('a', { speed: speed(20, { memoryBytes: 1.9 * GB }) }))).toBe(1.9 * GB)
  })

  it.each([
    [3 * GB, 'easily'],
    // A byte less leaves less than a gigabyte beside the training.
    [3 * GB - 1, 'tight'],
    [1.5 * GB, 'tight'],
    [1.5 * GB - 1, 'no'],
    [0, 'no'],
  ] as const)('of %d bytes: %s', (availableBytes, fits) => {
    expect(forecast(model('a'), { availableBytes }).fits).toBe(fits)
  })

  it('that training does not find makes it tight, however much there is', () => {
    const found = forecast(model('a', { trainMemory: null }), { availableBytes: 100 * GB })
    expect(found).toMatchObject({ fits: 'tight', trainMemory: null, trainSeconds: null })
  })

  it('of a model that is only for chat counts chat alone', () => {
    const chatOnly = model('a', { trainable: false, trainMemory: null })
    expect(forecast(chatOnly, { availableBytes: 2.5 * GB })).toMatchObject({ fits: 'easily', trainSeconds: null })
    // What a plan would say of a model that cannot be trained is not told.
    expect(forecast({ ...chatOnly, trainMemory: 3 * GB }).trainMemory).toBeNull()
  })
})

describe('the speed of an answer', () => {
  it('is unknown where nothing was measured, and never called measured', () => {
    expect(forecast(model('a'), {}, [model('b')])).toMatchObject({
      chatTokensPerSecond: null,
      prefill: null,
      measured: false,
    })
  })

  it('is its own where it was measured', () => {
    const own = model('a', { speed: speed(12) })
    const other = model('b', { speed: speed(99) })
    expect(forecast(own, {}, [other])).toMatchObject({ chatTokensPerSecond: 12, prefill: 120, measured: true })
  })

  it('is else drawn by bytes of weights, and a prompt’s by their number, from the nearest in size', () => {
    const near = model('near', { bytes: 2 * GB, parameters: 4 * GB, speed: speed(10) })
    const far = model('far', { bytes: 0.1 * GB, parameters: 0.1 * GB, speed: speed(300) })
    const wanted = forecast(model('a'), {}, [far, near])
    expect(wanted).toMatchObject({ chatTokensPerSecond: 20, prefill: 400, measured: false })
    // 0.1 GB is as far below 1 GB as 10 GB is above: nearest by ratio, not by difference.
    const huge = model('huge', { bytes: 4 * GB, speed: speed(1) })
    const small = model('small', { bytes: 0.5 * GB, speed: speed(40) })
    expect(forecast(model('a'), {}, [huge, small]).chatTokensPerSecond).toBe(20)
  })

  it('of a model whose parameters are not told is drawn by bytes alone', () => {
    const other = model('b', { bytes: 2 * GB, speed: speed(10) })
    expect(forecast(model('a', { parameters: null }), {}, [other])).toMatchObject({
      chatTokensPerSecond: 20,
      prefill: 200,
    })
  })
})

describe('the time of a training', () => {
  it('goes by its own last one, else by another’s, else by the products', () => {
    const trained = model('b', { parameters: 0.5 * GB, trainSpeed: 100 })
    expect(trainSpeedOf(model('a', { trainSpeed: 30 }), [trained], machine())).toBe(30)
    // Twice the weights: half as fast, and a little less.
    expect(trainSpeedOf(model('a'), [trained], machine())).toBeCloseTo(45)
    // A smaller one gains nothing beyond its size.
    expect(trainSpeedOf(model('a', { parameters: 0.25 * GB }), [trained], machine())).toBeCloseTo(200)
    expect(trainSpeedOf(model('a'), [], machine())).toBe(expectedTrainSpeed(100, GB))
    expect(expectedTrainSpeed(100, GB)).toBeCloseTo(14.15, 2)
    expect(expectedTrainSpeed(200, GB)).toBeCloseTo(2 * 14.15, 1)
  })

  it('is unknown without a library, without a look at the machine, and for a model of unknown size', () => {
    expect(forecast(model('a', { trainSpeed: 30 })).trainSeconds).toBe(2000)
    expect(forecast(model('a', { trainSpeed: 30 }), { trainTokens: null }).trainSeconds).toBeNull()
    expect(forecast(model('a'), { gflops: null }).trainSeconds).toBeNull()
    expect(forecast(model('a', { parameters: null })).trainSeconds).toBeNull()
    expect(expectedTrainSpeed(null, GB)).toBeNull()
    expect(expectedTrainSpeed(100, null)).toBeNull()
  })
})

describe('the recommended model', () => {
  function recommended(models: ModelFacts[], here: Partial<MachineFacts> = {}): string | null {
    return recommendedOf(
      models,
      models.map((one) => forecastModel(one, models, machine(here))),
    )
  }
  const small = model('small', { bytes: 0.2 * GB, parameters: 0.2 * GB, speed: speed(100), trainSpeed: 200 })

  it('is the largest of those that are usable', () => {
    const large = model('large', { speed: speed(30), trainSpeed: 40 })
    expect(recommended([small, large])).toBe('large')
    expect(recommended([large, small])).toBe('large')
    expect(recommended([])).toBeNull()
  })

  it.each([
    ['has too little room', { trainMemory: 7.5 * GB }],
    ['answers too slowly', { speed: speed(USABLE_SPEED - 0.1) }],
    ['learns too slowly', { trainSpeed: 60_000 / (USABLE_TRAINING + 1) }],
    ['cannot be trained', { trainable: false, trainMemory: null }],
    ['finds no memory to be trained in', { trainMemory: null }],
  ] as [string, Partial<ModelFacts>][])('is not one that %s', (_why, more) => {
    const usable = { speed: speed(USABLE_SPEED), trainSpeed: 60_000 / USABLE_TRAINING }
    expect(recommended([small, model('large', usable)])).toBe('large')
    expect(recommended([small, model('large', { ...usable, ...more })])).toBe('small')
  })

  it('is none while no speed is known', () => {
    expect(recommended([model('a'), model('b', { trainSpeed: 500 })])).toBeNull()
  })

  it('is none where nothing fits', () => {
    expect(recommended([small], { availableBytes: 2 * GB })).toBeNull()
  })
})

describe('the tokens of a library, before a base counts them', () => {
  const pieces = (n: number, characters: number) => Array.from({ length: n }, () => ({ text: 'x'.repeat(characters) }))

  it('are none where there is too little to learn from', () => {
    expect(roughTokens([])).toBeNull()
    expect(roughTokens(pieces(7, 4000))).toBeNull()
    expect(roughTokens(pieces(8, 400))).toBe((8 * 100 + 8 * 512) * 5)
  })

  it('are bounded by piece and by library', () => {
    expect(roughTokens(pieces(8, 1_000_000))).toBe(roughTokens(pieces(8, 4 * 512)))
    expect(roughTokens(pieces(5000, 4000))).toBe(roughTokens(pieces(120, 4000)))
  })
})
