import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { BATCH, ROWS, randomTexts, stepPart } from './step.ts'
import { NO_PEFT } from './types.ts'

const root = temporaryFolder()

describe('the same work', () => {
  it('is measured on our engine alone where there is no PEFT, and no bar is called met', async () => {
    const base = path.join(root, 'tiny.gguf')
    writeTinyModel(base, { context: 512, seed: 6, type: 'Q8_0' })
    const said: string[] = []
    const { tables, bars, data } = await stepPart({
      threads: 1,
      quick: true,
      base,
      data: null,
      as: null,
      people: [],
      rates: [],
      peft: null,
      fresh: false,
      out: root,
      say: (line) => said.push(line),
    })
    expect(bars.map(({ met, measured }) => [met, measured])).toEqual([
      [null, NO_PEFT],
      [null, NO_PEFT],
    ])
    const [table] = tables
    expect(table?.rows.map(([name]) => name)).toEqual(['Idiolect', 'ratio'])
    expect(table?.rows[0]?.[1]).toMatch(/^(Q8_0|BF16|F16)/)
    expect(table?.rows[1]?.slice(2)).toEqual([NO_PEFT, NO_PEFT])
    const { turns } = data as { turns: { ours: { tokensPerSecond: number; peakBytes: number } }[] }
    expect(turns[0]?.ours.tokensPerSecond).toBeGreaterThan(0)
    expect(turns[0]?.ours.peakBytes).toBeGreaterThan(30e6)
    expect(said).toEqual(['step: round 1 of 1'])
  })

  it('is the same ids each time, within the vocabulary, all but the first supervised', () => {
    const texts = randomTexts(BATCH, ROWS + 1, 50)
    expect(randomTexts(BATCH, ROWS + 1, 50)).toEqual(texts)
    expect(texts.map(({ tokens }) => tokens.length)).toEqual([257, 257, 257, 257])
    const ids = new Set(texts.flatMap(({ tokens }) => [...tokens]))
    expect(Math.min(...ids)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...ids)).toBe(49)
    expect(texts.every(({ answerFrom }) => answerFrom === 1)).toBe(true)
  })
})
