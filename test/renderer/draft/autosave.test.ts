import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Autosave, type SaveState } from '../../../renderer/lib/draft/autosave.ts'

type Result = 'saved' | 'failed' | 'refused'

function begin(results: Result[] = []) {
  const states: SaveState[] = []
  let saves = 0
  const ends: (() => void)[] = []
  const autosave = new Autosave({
    save: () =>
      new Promise<Result>((resolve) => {
        const result = results[saves] ?? 'saved'
        saves += 1
        ends.push(() => resolve(result))
      }),
    onstate: (state) => states.push(state),
    wait: () => 500,
    retry: 4000,
  })
  const end = async (): Promise<void> => {
    ends.shift()?.()
    await vi.advanceTimersByTimeAsync(0)
  }
  return { autosave, states, end, saves: () => saves }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('saving by itself', () => {
  it('saves once after the last of many changes', async () => {
    const { autosave, states, end, saves } = begin()
    for (let i = 0; i < 5; i++) {
      autosave.touch()
      await vi.advanceTimersByTimeAsync(300)
    }
    expect(saves()).toBe(0)
    await vi.advanceTimersByTimeAsync(200)
    expect(saves()).toBe(1)
    await end()
    expect(states).toEqual(['waiting', 'saving', 'saved'])
    expect(autosave.behind).toBe(false)
  })

  it('never saves twice at a time, and saves what came meanwhile afterwards', async () => {
    const { autosave, end, saves } = begin()
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    autosave.touch()
    await vi.advanceTimersByTimeAsync(5000)
    expect(saves()).toBe(1)
    await end()
    expect(autosave.state).toBe('waiting')
    await vi.advanceTimersByTimeAsync(500)
    expect(saves()).toBe(2)
  })

  it('tries again after a failure, with nobody’s help', async () => {
    const { autosave, end, saves } = begin(['failed'])
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    await end()
    expect(autosave.state).toBe('failed')
    expect(autosave.behind).toBe(true)
    await vi.advanceTimersByTimeAsync(4000)
    expect(saves()).toBe(2)
    await end()
    expect(autosave.state).toBe('saved')
  })

  it('waits for the owner when it is refused', async () => {
    const { autosave, end, saves } = begin(['refused'])
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    await end()
    autosave.touch()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(saves()).toBe(1)
    expect(autosave.state).toBe('refused')
    autosave.reset()
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    expect(saves()).toBe(2)
  })

  it('flushes at once, after what is being saved', async () => {
    const { autosave, end, saves } = begin()
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    autosave.touch()
    let flushed = false
    void autosave.flush().then(() => (flushed = true))
    await end()
    expect(saves()).toBe(2)
    expect(flushed).toBe(false)
    await end()
    expect(flushed).toBe(true)
    expect(autosave.state).toBe('saved')
  })

  it('saves what is typed while it flushes, and gives up where a save fails', async () => {
    const { autosave, end, saves } = begin(['saved', 'saved', 'failed'])
    autosave.touch()
    const flushed = autosave.flush()
    autosave.touch()
    await end()
    expect(saves()).toBe(2)
    await end()
    await flushed
    expect(autosave.behind).toBe(false)
    autosave.touch()
    const failed = autosave.flush()
    await end()
    await failed
    expect([saves(), autosave.behind]).toEqual([3, true])
  })

  it('asks again when the owner wants to choose', async () => {
    const { autosave, end, saves } = begin(['refused', 'refused'])
    autosave.touch()
    await vi.advanceTimersByTimeAsync(500)
    await end()
    await autosave.flush()
    expect(saves()).toBe(1)
    const again = autosave.again()
    await end()
    await again
    expect([saves(), autosave.state, autosave.behind]).toEqual([2, 'refused', true])
  })
})
