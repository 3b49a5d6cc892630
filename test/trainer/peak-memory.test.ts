import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { highWater, peakMemoryBytes } from '../../main/trainer/peak-memory.ts'
import { bundle } from '../helpers/bundle.ts'

describe('peak memory', () => {
  it('is the largest the process has been, also after the memory is gone', () => {
    const before = peakMemoryBytes()
    let filled: Buffer | null = Buffer.alloc(before + 50e6, 1)
    expect(filled[filled.length - 1]).toBe(1)
    const most = peakMemoryBytes()
    expect(most - before).toBeGreaterThan(40e6)
    filled = null
    expect(peakMemoryBytes()).toBeGreaterThanOrEqual(most)
  })

  it('reads a status, and says when it holds no mark', () => {
    expect(highWater('Name:\tnode\nVmHWM:\t   43964 kB\nVmRSS:\t 1 kB\n')).toBe(43964 * 1024)
    expect(highWater('Name:\tnode\n')).toBeNull()
  })

  it.skipIf(process.platform !== 'linux')('of a child leaves out what its parent held', async () => {
    const held = Buffer.alloc(600e6, 1)
    const child = fork(await bundle('test/trainer/peak-child.ts'), [], { execArgv: [] })
    const [bytes] = (await once(child, 'message')) as [number]
    expect(held.length).toBe(600e6)
    expect(bytes).toBeGreaterThan(20e6)
    expect(bytes).toBeLessThan(300e6)
  })
})
