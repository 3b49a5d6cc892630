import { expect, it } from 'vitest'
import { Turns } from '../../renderer/lib/turns.ts'

it('lets one end before the next begins, also when one fails', async () => {
  const turns = new Turns()
  const said: string[] = []
  const ends: (() => void)[] = []
  const slow = turns.take(async () => {
    said.push('first begins')
    await new Promise<void>((end) => ends.push(end))
    said.push('first ends')
    throw new Error('no')
  })
  const quick = turns.take(async () => said.push('second'))
  const failed = slow.catch((error: Error) => error.message)
  await Promise.resolve()
  ends[0]?.()
  expect(await failed).toBe('no')
  await quick
  expect(said).toEqual(['first begins', 'first ends', 'second'])
})
