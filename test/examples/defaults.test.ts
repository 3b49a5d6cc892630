import { expect, test } from 'vitest'
import { defaultSettings, kindSettings } from '../../main/examples/defaults.ts'

const settings = (examples: number) => defaultSettings({ examples, tokens: examples * 190, threads: 1 })
const steps = (examples: number) => settings(examples).epochs * Math.ceil(examples / settings(examples).batch)

test('a large history is read once, in small batches', () => {
  expect(settings(388)).toMatchObject({
    batch: 4,
    epochs: 1,
    lr: 8e-3,
    rank: 8,
    alpha: 8,
    targets: ['q', 'v'],
    clip: 0.3,
  })
})

test('every history of five examples and more gets some thirty optimizer steps', () => {
  for (let examples = 5; examples <= 500; examples++) expect(steps(examples)).toBeGreaterThanOrEqual(30)
})

test('few examples are not gone over without end', () => {
  for (let examples = 1; examples <= 500; examples++) expect(settings(examples).epochs).toBeLessThanOrEqual(10)
})

test('a very long history is read once', () => {
  expect(defaultSettings({ examples: 4000, tokens: 1_500_000, threads: 3 })).toMatchObject({ epochs: 1, threads: 3 })
})

test('kinds other than LoRA have no decay and no dropout, and a prompt the rows that it is asked for', () => {
  expect({ ...settings(100), ...kindSettings() }).toEqual(settings(100))
  for (const kind of ['ia3', 'prompt'] as const)
    expect({ ...settings(100), ...kindSettings(kind) }).toMatchObject({ kind, weightDecay: 0, dropout: 0, batch: 4 })
  expect(kindSettings('prompt', 7).virtualTokens).toBe(7)
  expect(kindSettings('prompt').virtualTokens).toBeUndefined()
})
