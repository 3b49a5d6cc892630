/** The built host is killed again and again while it suggests tags: no piece is lost, none is made twice, decisions stay. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { openStore } from '../../../main/store/store.ts'
import type { CallName, Calls } from '../../../preload/contract.ts'
import { type Host, startHost } from '../../e2e/host.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
const data = path.join(root, 'data')
const models = path.join(root, 'models')
const UNTAGGED = 24
/** How often the host is killed, each time when two more pieces were made. */
const KILLS = 3

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = models
  writeTinyModel(path.join(root, 'tiny.gguf'), { context: 1024, vocabulary: 400 })
  const files = Array.from({ length: UNTAGGED + 6 }, (_, n): [string, string] => {
    const date = new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)
    const tags: Record<string, string> = n < 6 ? { tags: `[${['sea', 'order', 'clocks'][n % 3]}]` } : {}
    return [`${String(n).padStart(2, '0')}.md`, post({ title: `Log ${n}`, date, ...tags }, prose(n, 100))]
  })
  const writing = writeFiles(path.join(root, 'writing'), Object.fromEntries(files))
  const app = await createApp({ dataFolder: data, host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: path.join(root, 'tiny.gguf'), as: 'chat' })
  await app.handlers['library.import']({ request: 'import', paths: [writing] })
  await app.close()
}, 120_000)

function callsOf({ address }: Host) {
  const { origin, hash } = new URL(address)
  const headers = {
    'content-type': 'application/json',
    'x-idiolect-token': new URLSearchParams(hash.slice(1)).get('token') ?? '',
  }
  return async <N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']> => {
    const response = await fetch(`${origin}/api/call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`)
    return (await response.json()) as Calls[N]['out']
  }
}

interface Suggestion {
  life?: number
}

/** What the killed host left on disk; each suggestion that bears no mark yet is marked as made in this life. */
async function mark(life: number): Promise<{ documents: string[]; waiting: number; made: string[] }> {
  const store = await openStore(data)
  try {
    const rows = store.labelRows.list<Suggestion>('tag')
    for (const row of rows) {
      if (row.result && row.result.life === undefined) store.labelRows.put({ ...row, result: { ...row.result, life } })
    }
    return {
      documents: rows.map(({ document }) => document),
      waiting: rows.filter(({ state }) => state === 'waiting').length,
      made: rows.filter(({ result }) => result !== null).map(({ document }) => document),
    }
  } finally {
    await store.close()
  }
}

it('loses no piece, makes none twice, and keeps what was decided', async () => {
  let host = await startHost(data, { IDIOLECT_MODELS: models })
  let call = callsOf(host)
  const list = async () => call('labels.list', { task: 'tag' })
  let queued: string[] = []
  let decided: { accepted: string; skipped: string; own: string } | null = null
  let before: string[] = []
  try {
    const job = await call('tag.queue', { request: 'q', scope: { which: 'without' }, voice: null })
    expect(job).toMatchObject({ made: 0, total: UNTAGGED })
    for (let life = 0; life < KILLS; life++) {
      let from: number | null = null
      // A piece takes many times longer than a look at the list.
      for (;;) {
        const now = await list()
        expect(now.job?.error).toBeNull()
        const made = now.job?.made ?? 0
        from ??= made
        if (made >= from + 2) break
        await sleep(20)
      }
      if (decided === null) {
        const { rows } = await list()
        const [accepted, skipped] = rows.filter(({ state }) => state === 'suggested')
        // The last in the queue is decided before it had its suggestion.
        const own = rows.findLast(({ state }) => state === 'waiting')
        decided = { accepted: accepted?.document ?? '', skipped: skipped?.document ?? '', own: own?.document ?? '' }
        const decisions = [
          { document: decided.accepted, picked: ['sea', 'fog'] },
          { document: decided.own, picked: ['brass'] },
        ]
        await call('labels.accept', { task: 'tag', decisions })
        await call('labels.skip', { task: 'tag', documents: [decided.skipped] })
      }
      await host.kill()
      const left = await mark(life)
      if (life === 0) queued = left.documents
      expect(queued).toHaveLength(UNTAGGED)
      expect(new Set(queued).size).toBe(UNTAGGED)
      expect(left.documents).toEqual(queued)
      // Killed in the middle, and further than the last time.
      expect(left.waiting).toBeGreaterThan(0)
      expect(left.made.length).toBeGreaterThan(before.length)
      expect(left.made).toEqual(expect.arrayContaining(before))
      before = left.made
      host = await startHost(data, { IDIOLECT_MODELS: models })
      call = callsOf(host)
    }
    // Nobody asked again: the queue goes on by itself, to its end.
    await expect.poll(async () => (await list()).job?.state, { timeout: 90_000 }).toBe('done')
    const { rows, job: done, labelled } = await list()
    expect(done).toMatchObject({ made: UNTAGGED, error: null, request: 'q' })
    expect(rows.map(({ document }) => document).sort()).toEqual([...queued].sort())
    const stateOf = (document: string | undefined) => rows.find((row) => row.document === document)
    expect(stateOf(decided?.accepted)).toMatchObject({
      state: 'accepted',
      picked: ['sea', 'fog'],
      tags: ['sea', 'fog'],
    })
    expect(stateOf(decided?.own)).toMatchObject({ state: 'accepted', picked: ['brass'], tags: ['brass'] })
    expect(stateOf(decided?.skipped)).toMatchObject({ state: 'skipped', tags: [] })
    const others = rows.filter(({ document }) => !Object.values(decided ?? {}).includes(document))
    expect(others.map(({ state }) => state)).toEqual(Array(UNTAGGED - 3).fill('suggested'))
    expect(labelled).toBe(6 + 2)
    expect(await host.stop()).toBe(0)
  } finally {
    await host.kill()
  }
  // A suggestion that had been made again would have lost its mark.
  const store = await openStore(data)
  const lives = new Map(store.labelRows.list<Suggestion>('tag').map(({ document, result }) => [document, result?.life]))
  await store.close()
  for (const document of before) expect(lives.get(document)).not.toBeUndefined()
  expect(new Set(lives.values())).toEqual(new Set([0, 1, 2, undefined]))
}, 300_000)
