import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { measureForgetting } from '../../main/evaluation/forgetting.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { fakeBase } from './fake-base.ts'

const folder = temporaryFolder()
const voice = path.join(folder, 'voice')
writeFileSync(voice, 'voice')
const texts = ['one', 'two', 'three', 'four'].map((name, i) => ({
  name,
  text: `A general text, number ${name}, ${'x'.repeat(i)}`,
}))

describe('forgetting', () => {
  it('is how much less likely general texts are with the voice, per token, text by text', async () => {
    const base = fakeBase('base', (_, answer, spoken) => (spoken === null ? 2 : 2.25) + (answer.length % 2))
    const found = await measureForgetting({ base, voice: { file: voice, scale: 1 }, texts, seed: 1 })
    expect(found.texts).toBe(4)
    expect(found.tokens).toBe(texts.reduce((sum, { text }) => sum + text.trim().length - 8, 0))
    expect(found.voice - found.base).toBeCloseTo(0.25, 10)
    expect(found.worse.mean).toBeCloseTo(0.25, 10)
    expect(found.worse.low).toBeCloseTo(0.25, 10)
  })

  it('tells how far it came, and stops when it is told to', async () => {
    const base = fakeBase('base', () => 1)
    const done: number[] = []
    await measureForgetting({ base, voice: { file: voice, scale: 1 }, texts, seed: 1, onProgress: (n) => done.push(n) })
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(
      measureForgetting({ base, voice: { file: voice, scale: 1 }, texts, seed: 1, signal: stopped }),
    ).rejects.toThrow('enough')
    await expect(measureForgetting({ base, voice: { file: voice, scale: 1 }, texts: [], seed: 1 })).rejects.toThrow(
      /no general text/,
    )
  })
})
