import { describe, expect, it } from 'vitest'
import { atOnce } from '../../main/model/at-once.ts'

/** A promise and what resolves it. */
function door(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
/** Everything that can go on without a door has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('work in lanes', () => {
  it('goes on at the same time, and gives its results in the lanes’ order', async () => {
    const first = door()
    const results = await atOnce(['a', 'b'], async (lane, pause) => {
      await pause()
      // The first can only end once the second has.
      if (lane === 'a') await first.opened
      else first.open()
      return lane.toUpperCase()
    })
    expect(results).toEqual(['A', 'B'])
  })

  it('is still only when no lane works: each waits, or has ended', async () => {
    const said: string[] = []
    const busy = door()
    const rest = door()
    const work = atOnce(
      ['waits', 'works', 'ends'],
      async (lane, pause) => {
        if (lane === 'works') await busy.opened
        if (lane !== 'ends') await pause()
        said.push(lane)
      },
      async (still) => {
        await still()
        said.push('still')
        await rest.opened
      },
    )
    await settled()
    expect(said).toEqual(['ends'])
    busy.open()
    await settled()
    expect(said).toEqual(['ends', 'still', 'still'])
    rest.open()
    await work
    expect(said.slice(3).sort()).toEqual(['waits', 'works'])
  })

  it('ends for all when one fails, with its error, and not before all have ended', async () => {
    const said: string[] = []
    const busy = door()
    const work = atOnce(['fails', 'works'], async (lane, pause) => {
      if (lane === 'fails') throw new Error('no number')
      await busy.opened
      said.push('computed')
      await pause()
      said.push('went on')
    })
    const failed = expect(work).rejects.toThrow('no number')
    await settled()
    expect(said).toEqual([])
    busy.open()
    await failed
    expect(said).toEqual(['computed'])
  })

  it('ends by what is thrown in a pause', async () => {
    class Stopped extends Error {}
    const work = atOnce(
      [1, 2],
      (_, pause) => pause(),
      () => Promise.reject(new Stopped()),
    )
    await expect(work).rejects.toBeInstanceOf(Stopped)
  })
})
