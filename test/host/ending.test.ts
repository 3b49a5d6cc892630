import { describe, expect, it } from 'vitest'
import { endingOf } from '../../main/host/ending.ts'

function host(training: boolean) {
  const said: string[] = []
  const codes: number[] = []
  let ended = 0
  const ending = endingOf({
    running: () => training,
    end: async () => {
      ended += 1
    },
    say: (line) => said.push(line),
    exit: (code) => codes.push(code),
  })
  return { ...ending, said, codes, ended: () => ended }
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

  it('is not asked where the system ends the process', async () => {
    const { terminate, ended } = host(true)
    terminate()
    expect(ended()).toBe(1)
  })
})
