/** Several packs at the same time: what is dealt where, and that nothing but the time is different. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { pack, rowsOf } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { dealInto, type Lanes, sharedThreads } from '../../main/model/lanes.ts'
import { plainForms } from '../../main/model/weights.ts'
import { seeded } from '../../main/random.ts'
import { worthwhileLanes } from '../../main/trainer/lanes.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { cosine } from '../helpers/cosine.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const random = seeded('lanes')
const example = (length: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length >> 1,
})

describe('threads', () => {
  it.each([
    [{ count: 1, threads: 3 }, [3]],
    [{ count: 2, threads: 2 }, [1, 1]],
    [{ count: 4, threads: 6 }, [2, 2, 1, 1]],
  ])('of %o are %o', (lanes, wanted) => {
    expect(sharedThreads(lanes)).toEqual(wanted)
  })
})

describe('lanes', () => {
  const alike = (rows: number): number[] => Array.from({ length: 40 }, () => rows)
  it.each([
    ['one, of one thread', { threads: 1, batch: 16, rows: alike(600) }, 1],
    ['one, where a step has few rows', { threads: 2, batch: 4, rows: alike(32) }, 1],
    ['one, where a step has one example', { threads: 16, batch: 1, rows: alike(600) }, 1],
    ['one, where there is one example', { threads: 2, batch: 4, rows: [600] }, 1],
    ['two', { threads: 2, batch: 4, rows: alike(160) }, 2],
    ['two, of steps of two examples, however many threads', { threads: 8, batch: 2, rows: alike(512) }, 2],
    ['four', { threads: 16, batch: 16, rows: alike(512) }, 4],
    ['one, where three threads meet four texts that are alike', { threads: 3, batch: 4, rows: alike(256) }, 1],
    ['one, where one text of a step is all of it', { threads: 2, batch: 2, rows: [1024, 32] }, 1],
  ])('are %s', (_, steps, wanted) => {
    expect(worthwhileLanes(steps)).toBe(wanted)
  })
})

describe('dealing', () => {
  const rows = (lane: TokenExample[][]): number => lane.flat().reduce((sum, one) => sum + rowsOf(one), 0)

  it('gives every example to one lane, and every lane about as much, in packs that fit', () => {
    const examples = Array.from({ length: 24 }, () => example(20 + random.below(200)))
    const dealt = dealInto(examples, { count: 3, threads: 3 }, 256)
    expect(dealt).toHaveLength(3)
    expect(new Set(dealt.flat(2))).toEqual(new Set(examples))
    expect(dealt.flat(2)).toHaveLength(examples.length)
    const loads = dealt.map(rows)
    expect(Math.max(...loads) / Math.min(...loads)).toBeLessThan(1.1)
    for (const part of dealt.flat()) expect(part.reduce((sum, one) => sum + rowsOf(one), 0)).toBeLessThanOrEqual(256)
  })

  it.each([
    ['one example to one lane', [200], { count: 2, threads: 2 }, 1],
    [
      'a long one and a short one to one lane, which is sooner done with all threads',
      [240, 16],
      { count: 2, threads: 2 },
      1,
    ],
    ['two alike to two lanes', [120, 112], { count: 2, threads: 2 }, 2],
    [
      'three alike to one lane of two, the second of which would wait for the third',
      [96, 96, 96],
      { count: 2, threads: 2 },
      1,
    ],
    ['a long one to two threads, two short ones to one each', [160, 80, 80], { count: 4, threads: 4 }, 3],
    ['four alike to four lanes', [80, 80, 80, 80], { count: 4, threads: 4 }, 4],
  ] as [string, number[], Lanes, number][])('gives %s', (_, lengths, lanes, wanted) => {
    const dealt = dealInto(lengths.map(example), lanes, 256)
    expect(dealt.filter((lane) => lane.length > 0)).toHaveLength(wanted)
  })

  it('gives more to a lane with more threads', () => {
    const examples = Array.from({ length: 30 }, () => example(33))
    const [wide, narrow] = dealInto(examples, { count: 2, threads: 3 }, 256).map(rows) as [number, number]
    expect(wide).toBeGreaterThan(narrow * 1.3)
  })
})

describe('an engine with lanes', () => {
  let device: Device
  const file = path.join(temporaryFolder(), 'tiny.gguf')
  beforeAll(() => {
    device = openDevice({ threads: 2 })
    writeTinyModel(file, { blocks: 3, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
  })
  afterAll(() => device.free())

  const examples = [example(60), example(40), example(33), example(24), example(17)]
  const SPECS: AdapterSpec[] = [
    { kind: 'lora', rank: 4, alpha: 8, targets: ['q', 'v', 'down'] },
    { kind: 'ia3' },
    { kind: 'prompt', tokens: 5 },
  ]

  async function pass(
    spec: AdapterSpec,
    lanes: Lanes,
    { graphSeconds, own = lanes, times = 2 }: { graphSeconds?: number | undefined; own?: Lanes; times?: number } = {},
  ) {
    using engine = new Engine(device, readGguf(file), {
      weightType: TYPE.F32,
      capacity: 128,
      adapter: spec,
      dropout: spec.kind === 'lora' ? 0.1 : 0,
      lanes: own,
      ...(graphSeconds === undefined ? {} : { graphSeconds }),
    })
    engine.adapter?.put(engine.initial(7, examples, true))
    const packs = dealInto(examples, lanes, 128, engine.prefix).map((lane) =>
      lane.map((part) => pack(part, engine.prefix)),
    )
    const measured = await engine.measure(packs)
    const jobs = packs.map((lane) => lane.map((batch) => ({ batch, dropoutSeed: null })))
    const losses: number[] = []
    for (let i = 0; i < times; i++) losses.push(await engine.train(jobs))
    const gradients = engine.takeGradients(1)
    return { measured, losses, gradients, again: engine.takeGradients(1) }
  }

  it.each(SPECS)('gives the loss and the gradients that one lane gives: $kind', async (spec) => {
    const one = await pass(spec, { count: 1, threads: 1 })
    const two = await pass(spec, { count: 2, threads: 2 })
    expect(Math.abs(two.measured - one.measured) / one.measured).toBeLessThan(1e-4)
    for (const loss of two.losses) expect(loss).toBe(two.measured)
    expect(two.gradients).toHaveLength(one.gradients.length)
    for (const [i, gradient] of two.gradients.entries()) {
      const wanted = one.gradients[i] as Float32Array
      if (wanted.every((value) => value === 0)) continue
      expect(cosine(gradient, wanted)).toBeGreaterThan(0.999)
      expect(Math.hypot(...gradient) / Math.hypot(...wanted)).toBeCloseTo(1, 3)
    }
    // They were taken from every lane.
    for (const gradient of two.again) expect(gradient.every((value) => value === 0)).toBe(true)
  })

  it('gives the same bits each time, in whatever order lanes end, and however many blocks a graph takes', async () => {
    const [spec] = SPECS as [AdapterSpec]
    const lanes = { count: 3, threads: 3 }
    const first = await pass(spec, lanes)
    for (const seconds of [undefined, 0, 1000])
      expect(await pass(spec, lanes, { graphSeconds: seconds })).toEqual(first)
  })

  it('has none of streamed matrices, nor without a thread each', () => {
    const open = (lanes: Lanes, head: boolean) => () =>
      new Engine(device, readGguf(file), {
        weightType: { ...plainForms(TYPE.F32), streamed: { blocks: 0, head } },
        capacity: 64,
        lanes,
      })
    expect(open({ count: 2, threads: 2 }, true)).toThrow('streamed')
    expect(open({ count: 2, threads: 1 }, false)).toThrow('threads')
  })

  it('with fewer lanes than its examples are dealt to gives the same bits', async () => {
    for (const spec of SPECS) {
      const dealtTo = { count: 3, threads: 3 }
      const whole = await pass(spec, dealtTo, { times: 1 })
      for (const count of [1, 2]) {
        const folded = await pass(spec, dealtTo, { own: { count, threads: count }, times: 1 })
        expect(folded.measured).toBe(whole.measured)
        expect(folded.losses).toEqual(whole.losses)
        for (const [i, gradient] of folded.gradients.entries()) expect(gradient).toEqual(whole.gradients[i])
        for (const gradient of folded.again) expect(gradient.every((value) => value === 0)).toBe(true)
      }
    }
  })

  it('is left whole by a pass that is abandoned: nothing is computed any more, and the next one is right', async () => {
    using engine = new Engine(device, readGguf(file), {
      weightType: TYPE.F32,
      capacity: 128,
      adapter: SPECS[0] as AdapterSpec,
      lanes: { count: 2, threads: 2 },
      graphSeconds: 0,
    })
    engine.adapter?.put(engine.initial(7, examples, true))
    const packs = dealInto(examples, { count: 2, threads: 2 }, 128).map((lane) => lane.map((part) => pack(part)))
    const jobs = packs.map((lane) => lane.map((batch) => ({ batch, dropoutSeed: null })))
    const whole = await engine.train(jobs)
    let asked = 0
    const abandoned = engine.train(jobs, async () => {
      if (++asked === 7) throw new Error('enough')
    })
    await expect(abandoned).rejects.toThrow('enough')
    const then = asked
    engine.takeGradients(1)
    expect(await engine.train(jobs)).toBe(whole)
    expect(asked).toBe(then)
  })
})
