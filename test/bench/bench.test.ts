import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { USAGE } from '../../scripts/bench-options.mjs'
import { parseBench } from './bench.ts'
import { barTable, markdown, median, spread } from './table.ts'

describe("the bench's command", () => {
  it('takes all parts when none is named, and those named in its own order', () => {
    const all = parseBench([], {}).parts
    expect(all).toEqual(expect.arrayContaining(['step', 'quality', 'gemm', 'generation', 'chat', 'table']))
    expect(parseBench(['quality', 'step'], {}).parts).toEqual(['step', 'quality'])
    const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8')
    for (const part of all) {
      expect(USAGE).toContain(part)
      expect(readme).toContain(`| \`${part}\``)
    }
  })

  it('reads options; folders are taken from where the command was typed', () => {
    const request = parseBench(['--threads', '1', '--quick', '--out', 'results', '--base', 'b.gguf'], {
      INIT_CWD: path.resolve('/somewhere'),
      IDIOLECT_BENCH_PYTHON: 'its-python',
    })
    expect(request).toMatchObject({ threads: 1, quick: true, fresh: false, python: 'its-python', peftType: 'bf16' })
    expect(parseBench(['--peft-type', 'f32', '--as', 'Q8_0'], {})).toMatchObject({ peftType: 'f32', as: 'Q8_0' })
    expect(parseBench([], {}).as).toBeNull()
    expect(request.out).toBe(path.resolve('/somewhere/results'))
    expect(request.base).toBe(path.resolve('/somewhere/b.gguf'))
    expect(parseBench(['--python', 'mine'], { IDIOLECT_BENCH_PYTHON: 'its-python' }).python).toBe('mine')
  })

  it('refuses what it does not know', () => {
    expect(() => parseBench(['steps'], {})).toThrow(/"steps" is no part/)
    expect(() => parseBench(['--threads', '0'], {})).toThrow(/whole number/)
    expect(() => parseBench(['--slow'], {})).toThrow(/--slow/)
    expect(() => parseBench(['--peft-type', 'f16'], {})).toThrow(/bf16, f32/)
    expect(() => parseBench(['--as', 'Q9_9'], {})).toThrow(/Q8_0/)
  })
})

describe('tables', () => {
  it('are Markdown, with notes below', () => {
    const text = markdown({ title: 'T', head: ['a', 'b'], rows: [['1 | 2', '3']], notes: ['one', 'two'] })
    expect(text).toBe('### T\n\n| a | b |\n| --- | --- |\n| 1 \\| 2 | 3 |\n\n- one\n- two')
  })

  it('say of a bar that was not measured that it was not', () => {
    const bars = [true, false, null].map((met) => ({ bar: 'x', wanted: 'y', measured: 'z', met }))
    expect(barTable(bars).rows.map((row) => row[3])).toEqual(['yes', 'no', 'not measured'])
  })

  it('have medians and spreads', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
    expect(spread([1, 3, 2])).toBe('2.00 (1.00 to 3.00)')
    expect(spread([1.26], 1)).toBe('1.3')
  })
})
