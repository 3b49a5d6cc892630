import os from 'node:os'
import { expect, it } from 'vitest'
import { availableMemory, pagesOf } from '../main/available-memory.ts'

/** As macOS prints it, its first lines. */
const PRINTED = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                5043.
Pages active:                            326161.
Pages inactive:                          323420.
Pages speculative:                         1987.
Pages throttled:                              0.
Pages wired down:                        123310.
Pages purgeable:                           4096.
`

it('counts what macOS would give, not what lies idle alone', () => {
  expect(pagesOf(PRINTED)).toBe((5043 + 1987 + 323_420) * 16_384)
})

it('has no figure where none was printed', () => {
  expect(pagesOf('')).toBeNull()
  expect(pagesOf('vm_stat: command not found')).toBeNull()
})

it('is never more than the machine has', () => {
  expect(availableMemory()).toBeGreaterThan(0)
  expect(availableMemory()).toBeLessThanOrEqual(os.totalmem())
})
