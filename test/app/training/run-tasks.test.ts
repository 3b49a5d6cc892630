/** How much of a long history a run takes, asked and unasked. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTasks } from '../../../main/app/training/run-tasks.ts'
import { MOST_UNASKED } from '../../../main/examples/defaults.ts'
import { openStore, type Store } from '../../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const folder = temporaryFolder()
const PIECES = 200
const day = (n: number): string => new Date(Date.UTC(2015, 0, 1 + n)).toISOString().slice(0, 10)

let store: Store
beforeAll(async () => {
  store = await openStore(path.join(folder, 'data'))
  const files = Array.from({ length: PIECES }, (_, n) => [
    `post-${n}.md`,
    post({ title: `Morning number ${n}`, date: day(n) }, prose(n, 60)),
  ])
  await importFolder(store, [writeFiles(path.join(folder, 'writing'), Object.fromEntries(files))])
}, 60_000)
afterAll(() => store.close())

const numbers = (queries: readonly { answer: string }[]): number[] =>
  queries.map(({ answer }) => Number(answer.match(/\d+$/)?.[0]))

describe('headlines of a long history', () => {
  it('are the newest of the training side where nobody asked for them, and all where somebody did', () => {
    const part = (tasks?: 'headline'[]) => runTasks(store, tasks).parts.find(({ task }) => task === 'headline')
    const all = numbers(part(['headline'])?.training ?? [])
    expect(all.length).toBeGreaterThan(MOST_UNASKED.headline)
    expect(all).toEqual(all.toSorted((a, b) => a - b))
    expect(all[0]).toBe(0)
    const unasked = part()
    expect(numbers(unasked?.training ?? [])).toEqual(all.slice(-MOST_UNASKED.headline))
    // What retrieval may show is not bounded by what is learnt.
    expect(numbers(unasked?.earlier ?? [])).toEqual(all)
  })
})
