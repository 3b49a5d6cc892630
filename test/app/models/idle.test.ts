import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createIdle } from '../../../main/app/models/idle.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const MINUTE = 60_000

it('rests once nothing was used for so long', () => {
  const rest = vi.fn()
  const idle = createIdle(() => 10, rest)
  const [first, second] = [idle.use(), idle.use()]
  first()
  vi.advanceTimersByTime(60 * MINUTE)
  expect(rest).not.toHaveBeenCalled()
  second()
  vi.advanceTimersByTime(9 * MINUTE)
  // Told twice, ended once.
  idle.use()()
  second()
  vi.advanceTimersByTime(9 * MINUTE)
  expect(rest).not.toHaveBeenCalled()
  vi.advanceTimersByTime(MINUTE)
  expect(rest).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(60 * MINUTE)
  expect(rest).toHaveBeenCalledTimes(1)
})

it('never rests at 0, nor after its end', () => {
  const rest = vi.fn()
  let minutes = 0
  const idle = createIdle(() => minutes, rest)
  idle.use()()
  vi.advanceTimersByTime(1000 * MINUTE)
  minutes = 1
  idle.use()()
  idle.end()
  vi.advanceTimersByTime(MINUTE)
  expect(rest).not.toHaveBeenCalled()
})
