import { afterEach, expect, it, vi } from 'vitest'
import { onInterrupt, seconds } from '../../main/terminal/terminal.ts'

it.each([
  [2.34, '2.3 s'],
  [89, '89 s'],
  [119.6, '2 min 0 s'],
  [125.2, '2 min 5 s'],
])('a time of %s seconds is rounded before it is cut into minutes: %s', (value, said) => {
  expect(seconds(value)).toBe(said)
})

afterEach(() => {
  process.exitCode = undefined
  vi.restoreAllMocks()
})

it('Ctrl-C ends the work once, a second one at once, and what npm hands on is no second one', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000)
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const before = process.listenerCount('SIGINT')
  const end = vi.fn()
  const stop = onInterrupt(end)
  const interrupt = process.listeners('SIGINT').at(-1) as () => void
  interrupt()
  expect(end).toHaveBeenCalledTimes(1)
  expect(process.exitCode).toBe(130)
  clock.mockReturnValue(1002)
  interrupt()
  expect(exit).not.toHaveBeenCalled()
  clock.mockReturnValue(2000)
  interrupt()
  expect(exit).toHaveBeenCalledWith(130)
  stop()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
