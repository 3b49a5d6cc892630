import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeLearned } from '../../../main/app/library/learned.ts'
import { createTrainQueue } from '../../../main/app/training/train-queue.ts'
import { sinceTraining } from '../../../main/app/training/train-since.ts'
import { IdiolectError } from '../../../main/errors.ts'
import { openStore, type Store } from '../../../main/store/store.ts'
import type { TrainOptions } from '../../../preload/contract.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(folder)
  return () => store.close()
})

describe('the queue of trainings', () => {
  afterEach(() => store.settings.remove('train.queue'))
  const queued = (...names: string[]) => {
    const queue = createTrainQueue(() => store.settings)
    for (const name of names) queue.add({ name })
    const shown = () => queue.list().map(({ options, error }) => [options.name, error])
    return { ...queue, shown }
  }

  it('begins the first that can, and keeps the others with their reasons', async () => {
    const queue = createTrainQueue(() => store.settings)
    for (const name of ['one', 'two', 'three']) queue.add({ name })
    const begun: (string | undefined)[] = []
    const begin = async ({ name }: TrainOptions, take: () => void): Promise<void> => {
      if (name === 'one') throw new Error('there are too few pieces')
      take()
      begun.push(name)
    }
    await queue.next(begin)
    expect(begun).toEqual(['two'])
    // Kept on disk: another window on the same folder sees the same.
    const again = createTrainQueue(() => store.settings)
    expect(again.list().map(({ options, error }) => [options.name, error])).toEqual([
      ['one', 'there are too few pieces'],
      ['three', null],
    ])
    expect(again.list()[0]?.said).toEqual({ code: 'plain', values: ['there are too few pieces'] })
    await again.next(begin)
    await again.next(begin)
    expect(begun).toEqual(['two', 'three'])
    again.remove(again.list()[0]?.id ?? '')
    expect(again.list()).toEqual([])
  })

  it.each(['Closing', 'AlreadyTraining', 'CannotWrite', 'DiskFull'])(
    'waits on, as it is, where nothing can begin: %s',
    async (name) => {
      const queue = queued('one', 'two')
      let asked = 0
      await queue.next(async () => {
        asked++
        throw new IdiolectError(name, 'not now', null)
      })
      expect([asked, queue.shown()]).toEqual([
        1,
        [
          ['one', null],
          ['two', null],
        ],
      ])
    },
  )

  it('begins one at a time, and looks at what was added meanwhile', async () => {
    const queue = queued('one')
    const asked: (string | undefined)[] = []
    const begin = async ({ name }: TrainOptions, take: () => void): Promise<void> => {
      asked.push(name)
      if (name === 'two') return take()
      queue.add({ name: 'two' })
      await queue.next(begin)
      throw new Error('there are too few pieces')
    }
    await queue.next(begin)
    expect(asked).toEqual(['one', 'two'])
    expect(queue.shown()).toEqual([['one', 'there are too few pieces']])
  })

  it('begins nothing that was taken out while it was prepared', async () => {
    const queue = queued('one', 'two')
    const begun: (string | undefined)[] = []
    await queue.next(async ({ name }, take) => {
      if (name === 'one') queue.remove(String(queue.list()[0]?.id))
      take()
      begun.push(name)
    })
    expect(begun).toEqual(['two'])
    expect(queue.list()).toEqual([])
  })
})

describe('what came since the last voice', () => {
  const nothing = { excerpt: '', candidates: ['A'], authors: [], rejected: [], edited: null, voice: null }
  const headline = (id: string, at: string, picked: string | null): void =>
    store.headlines.put({ ...nothing, id, at, text: 'A piece.', picked, blind: null, blindPick: null })

  it('is nothing without one, then choices by their time, and enough from ten on', () => {
    expect(sinceTraining({ store })).toEqual({ voice: null, since: null, choices: 0, pieces: 0, enough: false })
    const run = {
      id: 'r',
      folder: path.join(folder, 'runs', 'r'),
      createdAt: '2026-01-02',
      stage: 'done',
      base: 'b',
      voice: 'v',
      options: {},
    } as const
    store.runs.put(run)
    mkdirSync(run.folder, { recursive: true })
    writeLearned(run.folder, { pieces: [], library: [] })
    store.voices.put('v', { name: 'V', createdAt: '2026-01-02T00:00:00Z', run: 'r' })
    headline('before', '2026-01-01T00:00:00Z', 'A')
    headline('unpicked', '2026-01-03T00:00:00Z', null)
    for (let n = 0; n < 9; n++) headline(`h${n}`, '2026-01-03T00:00:00Z', 'A')
    expect(sinceTraining({ store })).toMatchObject({ voice: 'v', choices: 9, pieces: 0, enough: false })
    headline('tenth', '2026-01-04T00:00:00Z', 'A')
    expect(sinceTraining({ store })).toMatchObject({ choices: 10, enough: true })
    // By when it was picked, not by when it was suggested.
    headline('before', '2026-01-01T00:00:00Z', 'A')
    expect(sinceTraining({ store })).toMatchObject({ choices: 10 })
    headline('before', '2026-01-01T00:00:00Z', 'B')
    expect(sinceTraining({ store })).toMatchObject({ choices: 11 })
  })
})
