import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { lastRun, newRunId, noteLast } from '../../../main/app/training/last-run.ts'
import { openStore, type Store } from '../../../main/store/store.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(folder)
  return () => store.close()
})

const put = (id: string, createdAt: string): void =>
  store.runs.put({ id, folder, createdAt, stage: 'interrupted', base: 'b', voice: null, options: {} })

it('of an early version’s list the newest run is the last', () => {
  put('old', '2026-01-01')
  put('new', '2026-01-02')
  expect(lastRun(store)?.id).toBe('new')
})

it('the one that was noted is the last; when it is gone, no older one comes forward', () => {
  noteLast(store, 'old')
  expect(lastRun(store)?.id).toBe('old')
  store.runs.remove('old')
  expect(lastRun(store)).toBeNull()
})

it('no id is given twice, whatever became of its run', () => {
  // As an early version left it.
  mkdirSync(path.join(folder, 'runs', '2026-02-03-1'), { recursive: true })
  const at = '2026-02-03T10:00:00Z'
  expect([newRunId(store, at), newRunId(store, at)]).toEqual(['2026-02-03-2', '2026-02-03-3'])
  expect(newRunId(store, '2026-02-04T10:00:00Z')).toBe('2026-02-04-1')
})
