import { describe, expect, it } from 'vitest'
import type { PeftResult } from './peft.ts'
import { chosen, type PersonResult } from './quality.ts'
import { compared, qualityReport } from './quality-report.ts'

const peft = (lr: number, nll: number, seconds: number, kept = false): PersonResult['peft'][number] => ({
  lr,
  nll,
  own: { seconds, peakBytes: 6e9, processPeakBytes: 7e9, before: 4, after: nll, kept } as PeftResult,
})

const person = (nll: number, seconds: number, theirs: PersonResult['peft']): PersonResult => ({
  id: 'a:b',
  task: 'headline',
  examples: 10,
  tokens: 100,
  base: 4,
  ours: { nll, seconds, peakBytes: 1.2e9, settings: {}, run: {} as never },
  peft: theirs,
})

const options = { quick: false, peft: { python: 'python3', versions: 'torch 1', type: 'bf16' } } as Parameters<
  typeof qualityReport
>[0]

describe('the report on quality', () => {
  it('compares with the learning rate that did best, its time and its memory', () => {
    const found = compared(person(3, 50, [peft(1e-3, 3.2, 90), peft(2e-3, 3.1, 100), peft(4e-3, 3.3, 10)]))
    expect(found?.best.lr).toBe(2e-3)
    expect(found?.time).toBeCloseTo(0.5)
    expect(found?.memory).toBeCloseTo(0.2)
    expect(found?.noWorse).toBe(true)
    expect(compared(person(3, 50, []))).toBeNull()
  })

  it('meets the bar only when each voice is no worse and each time at most half', () => {
    const met = (people: PersonResult[]) => qualityReport(options, people, 2).bars[0]?.met
    const good = person(3, 50, [peft(2e-3, 3.1, 100)])
    expect(met([good])).toBe(true)
    expect(met([good, person(3.11, 10, [peft(2e-3, 3.1, 100)])])).toBe(false)
    expect(met([good, person(3, 51, [peft(2e-3, 3.1, 100)])])).toBe(false)
    expect(met([person(3, 50, [])])).toBeNull()
  })

  it('says which PEFT results are from an earlier run, and by how much a voice is worse', () => {
    const { tables } = qualityReport(options, [person(3.2, 50, [peft(2e-3, 3.1, 100, true)])], 2)
    const text = JSON.stringify(tables)
    expect(text).toContain('100.0 s*')
    expect(text).toContain('kept from an earlier run')
    expect(text).toContain('no, by 0.100')
    expect(JSON.stringify(qualityReport(options, [person(3, 50, [peft(2e-3, 3.1, 100)])], 2))).not.toContain('earlier')
  })
})

describe('people by name', () => {
  const all = ['prose:austen', 'prose:twain', 'a:skeeto'].map((id) => ({ id }))
  it('are those whose ids have the parts, all for none, an error for nobody', () => {
    expect(chosen(all, ['skeeto', 'austen'])).toEqual([all[0], all[2]])
    expect(chosen(all, [])).toEqual(all)
    expect(() => chosen(all, ['melville'])).toThrow(/melville is nobody of prose:austen/)
  })
})
