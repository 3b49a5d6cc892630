import { expect, test } from 'vitest'
import { defaultSettings } from '../../main/examples/defaults.ts'

const settings = (examples: number) => defaultSettings({ examples, tokens: examples * 190, threads: 1 })
const steps = (examples: number) => settings(examples).epochs * Math.ceil(examples / settings(examples).batch)

test('a large history is trained as the small protocol is', () => {
  expect(settings(388)).toMatchObject({
    batch: 16,
    epochs: 2,
    lr: 2e-3,
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
