import { expect, it } from 'vitest'
import type { HeldOut } from '../../../main/app/library/held-out.ts'
import { writeItem } from '../../../main/app/voices/voice-trials.ts'
import type { TaskQuery } from '../../../main/examples/types.ts'
import type { Base } from '../../../main/inference/types.ts'

const query: TaskQuery = { task: 'headline', document: 'd', title: 't', date: '', input: 'i', answer: 'x' }
const options = { voice: 'v', use: { file: 'v.gguf', scale: 1 }, own: false, signal: new AbortController().signal }

/** The item of what the base and the voice write, one after the other. */
function itemOf(base: string, voice: string) {
  const held = { write: async (_base: Base, _query: TaskQuery, use: unknown) => (use === null ? base : voice) }
  return writeItem({} as Base, held as unknown as HeldOut, query, options)
}

it.each([
  ['東京の朝は早い', '私の猫について'],
  ['Как я учил язык', 'Совсем другое'],
  ['كيف تعلمت اللغة', 'شيء آخر تماما'],
  ['कि', 'की'],
  ['A cat', 'A dog'],
])('a trial tells %s from %s', async (base, voice) => {
  const item = await itemOf(base, voice)
  expect(item?.options.map(({ text }) => text).sort()).toEqual([base, voice].sort())
})

it.each([
  ['“Как я учил язык”', 'Как я учил язык.'],
  ['東京の朝。', '東京の朝'],
])('and asks of nobody to choose between %s and %s', async (base, voice) => {
  expect(await itemOf(base, voice)).toBeNull()
})
