import { describe, expect, it } from 'vitest'
import { endingOf } from '../../main/host/ending.ts'

function host(training: boolean) {
  const said: string[] = []
  const codes: number[] = []
  let ended = 0
  let now = 0
  const ending = endingOf({
    running: () => training,
    end: async () => {
      ended += 1
    },
    say: (line) => said.push(line),
    exit: (code) => codes.push(code),
    now: () => now,
  })
  /** @param after milliseconds since the one before: a second, where a hand presses */
  const interrupt = (after = 1000): void => {
    now += after
    ending.interrupt()
  }
  return { ...ending, interrupt, said, codes, ended: () => ended }
}

describe('Ctrl-C', () => {
  it('ends at once where nothing is trained', async () => {
    const { interrupt, ended, said, codes } = host(false)
    interrupt()
    await Promise.resolve()
    expect([ended(), said, codes]).toEqual([1, ['Ending ...'], [0]])
  })

  it('says first that a run is going and goes on later, and ends the second time', async () => {
    const { interrupt, ended, said, codes } = host(true)
    interrupt()
    expect(ended()).toBe(0)
    expect(said.join(' ')).toMatch(/being trained.*goes on at the next start.*Ctrl-C again/)
    interrupt()
    await Promise.resolve()
    expect([ended(), codes]).toEqual([1, [0]])
  })

  it('waits for nothing the third time', () => {
    const { interrupt, codes } = host(true)
    interrupt()
    interrupt()
    interrupt()
    expect(codes).toEqual([130])
  })

  it('is one press where npm hands the signal on', () => {
    const { interrupt, ended, said } = host(true)
    interrupt()
    interrupt(2)
    expect([ended(), said.length]).toEqual([0, 2])
    interrupt()
    interrupt(2)
    expect(ended()).toBe(1)
  })

  it('is not asked where the system ends the process', async () => {
    const { terminate, ended, codes } = host(true)
    terminate()
    expect(ended()).toBe(1)
    // From npm, and from whoever ended the whole group.
    terminate()
    expect(codes).toEqual([])
  })
})
