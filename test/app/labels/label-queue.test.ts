/** Suggestions for many pieces: the queue, the owner's decisions and their undoing, on a tiny base. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import type { LabelTask } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

type App = Awaited<ReturnType<typeof createApp>>
const root = temporaryFolder()
const data = path.join(root, 'data')
const writing = path.join(root, 'writing')
const PIECES = 16
const apps: App[] = []
let app: App

async function open(): Promise<App> {
  const opened = await createApp({ dataFolder: data, host: 'terminal' })
  apps.push(opened)
  return opened
}

/** Every other piece is tagged, every fourth rated. */
function file(n: number, facts: Record<string, string> = {}): [string, string] {
  const date = new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)
  const own = {
    ...(n % 2 === 0 ? { tags: `[${['sea', 'order', 'clocks'][n % 3]}]` } : {}),
    ...(n % 4 === 0 ? { rating: String(1 + (n % 5)) } : {}),
  }
  const folder = n < 8 ? 'early' : 'late'
  return [
    `${folder}/${String(n).padStart(2, '0')}.md`,
    post({ title: `Log ${n}`, date, ...own, ...facts }, prose(n, 120)),
  ]
}

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(path.join(root, 'tiny.gguf'), { context: 1024, vocabulary: 400 })
  writeFiles(writing, Object.fromEntries(Array.from({ length: PIECES }, (_, n) => file(n))))
  app = await open()
  await app.handlers['models.add']({ request: 'add', file: path.join(root, 'tiny.gguf'), as: 'chat' })
  await importAll()
}, 120_000)
afterAll(async () => {
  for (const opened of apps) await opened.close()
})

const importAll = () => app.handlers['library.import']({ request: 'import', paths: [writing] })
const list = (task: LabelTask = 'tag') => app.handlers['labels.list']({ task })
const documentOf = async (title: string): Promise<string> => {
  const { documents } = await app.handlers['library.list']({})
  return String(documents.find((piece) => piece.title === title)?.id)
}
const tagsOf = async (title: string) => (await app.handlers['library.get']({ document: await documentOf(title) })).tags

/** Until nothing waits; fails with the job when it stops otherwise. */
async function made(task: LabelTask = 'tag'): Promise<void> {
  const { job } = await list(task)
  if (job?.state === 'done') return
  if (job?.state === 'failed') throw new Error(job.error ?? 'failed')
  await new Promise<void>((resolve, reject) => {
    const off = app.events.on((name, event) => {
      if (name !== 'labels.job' || !('secondsPerPiece' in event) || event.task !== task) return
      if (event.state === 'done') resolve()
      else if (event.state === 'failed') reject(new Error(event.error ?? 'failed'))
      else return
      off()
    })
  })
}

describe('the queue', () => {
  it('says what a scope holds before it is asked for', async () => {
    const scope = await app.handlers['labels.scope']({ task: 'tag', scope: { which: 'without' } })
    expect(scope).toMatchObject({ pieces: 8, measured: false })
    expect(scope.seconds).toBeGreaterThan(0)
    expect(scope.folders.map(({ path: folder, pieces }) => [path.basename(folder), pieces])).toEqual([
      ['early', 4],
      ['late', 4],
    ])
    const early = path.join(writing, 'early')
    const below = await app.handlers['labels.scope']({ task: 'tag', scope: { which: 'all', folder: early } })
    expect(below.pieces).toBe(8)
    const none = { which: 'without', text: 'no piece says this' } as const
    expect((await app.handlers['labels.scope']({ task: 'tag', scope: none })).pieces).toBe(0)
    await expect(app.handlers['tag.queue']({ request: 'q', scope: none })).rejects.toThrow(/no such piece/)
  })

  it('suggests piece by piece, tells of each, and measures', async () => {
    const rows: string[] = []
    const off = app.events.on((name, event) => {
      if (name === 'labels.row' && 'row' in event && event.row.state === 'suggested') rows.push(event.row.title)
    })
    const job = await app.handlers['tag.queue']({ request: 'q', scope: { which: 'without' }, voice: null })
    expect(job).toMatchObject({ task: 'tag', made: 0, total: 8 })
    await made()
    off()
    expect(rows.sort()).toEqual([1, 11, 13, 15, 3, 5, 7, 9].map((n) => `Log ${n}`))
    const { rows: table, vocabulary, job: done } = await list()
    expect(table.every(({ state, suggestions }) => state === 'suggested' && suggestions.length === 3)).toBe(true)
    expect(table.every(({ confidence, seen, voice }) => confidence !== null && seen === false && voice === null)).toBe(
      true,
    )
    expect(vocabulary.map(({ tag }) => tag).sort()).toEqual(['clocks', 'order', 'sea'])
    expect(done).toMatchObject({ state: 'done', made: 8, total: 8 })
    expect((await app.handlers['labels.scope']({ task: 'tag', scope: { which: 'without' } })).measured).toBe(true)
    const { sources } = await app.handlers['labels.sources']({ task: 'tag', document: String(table[0]?.document) })
    expect(sources).toHaveLength(1)
    expect(sources[0]?.document).not.toBe(table[0]?.document)
  })

  it('is put aside for whoever is answered, and goes on after', async () => {
    const states: string[] = []
    const off = app.events.on((name, event) => {
      if (name === 'labels.job' && 'secondsPerPiece' in event) states.push(event.state)
    })
    let finish = (): void => {}
    const answered = app.context.requests.run(
      'answer',
      () =>
        new Promise<void>((done) => {
          finish = done
        }),
    )
    await app.handlers['tag.queue']({ request: 'q2', scope: { which: 'with' }, voice: null })
    await expect.poll(() => states.at(-1)).toBe('aside')
    expect((await list()).job).toMatchObject({ made: 0, total: 8 })
    finish()
    await answered
    await made()
    off()
    expect((await list()).rows).toHaveLength(PIECES)
  })

  it('pauses, survives the end of the app, and is cancelled by its request', async () => {
    await app.handlers['labels.clear']({ task: 'tag', documents: (await list()).rows.map(({ document }) => document) })
    let finish = (): void => {}
    const busy = app.context.requests.run(
      'answer',
      () =>
        new Promise<void>((done) => {
          finish = done
        }),
    )
    await app.handlers['tag.queue']({ request: 'q3', scope: { which: 'without' }, voice: null })
    expect(await app.handlers['labels.pause']({ task: 'tag', paused: true })).toMatchObject({
      state: 'paused',
      made: 0,
    })
    finish()
    await busy
    await app.close()
    app = await open()
    expect((await list()).job).toMatchObject({ state: 'paused', made: 0, total: 8, request: 'q3' })
    await app.handlers['labels.pause']({ task: 'tag', paused: false })
    await made()
    expect((await list()).rows.map(({ state }) => state)).toEqual(Array(8).fill('suggested'))

    const again = app.context.requests.run(
      'answer',
      () =>
        new Promise<void>((done) => {
          finish = done
        }),
    )
    // A queue that is just ending goes on under its own name.
    const { request } = await app.handlers['tag.queue']({ request: 'q4', scope: { which: 'with' }, voice: null })
    expect(await app.handlers['request.cancel']({ request })).toEqual({ cancelled: true })
    await expect.poll(async () => (await list()).job?.state).toBe('done')
    finish()
    await again
    expect((await list()).rows).toHaveLength(8)
  })

  it('is stopped also after it has failed and nothing runs', async () => {
    const gone = { request: 'q5', scope: { which: 'with' }, voice: 'gone' } as const
    await app.handlers['tag.queue'](gone)
    await expect.poll(async () => (await list()).job?.state).toBe('failed')
    // In a window's own words too.
    expect((await list()).job).toMatchObject({
      error: expect.any(String),
      said: { values: ['UnknownVoice', expect.any(String)] },
    })
    expect(await app.handlers['labels.stop']({ task: 'tag' })).toMatchObject({ state: 'done', error: null })
    const { rows, job } = await list()
    expect(job).toMatchObject({ state: 'done', error: null })
    expect(rows.filter(({ state }) => state === 'waiting' || state === 'failed')).toEqual([])
    expect(rows).toHaveLength(8)
  })

  it('is stopped while it runs', async () => {
    await app.handlers['tag.queue']({ request: 'q6', scope: { which: 'with' }, voice: null })
    expect(await app.handlers['labels.stop']({ task: 'tag' })).toMatchObject({ state: 'done', error: null })
    expect((await list()).rows.filter(({ state }) => state === 'waiting')).toEqual([])
  })
})

describe('what the owner decides', () => {
  it('becomes the piece’s tags, and is taken back exactly', async () => {
    const document = await documentOf('Log 1')
    const [other] = (await list()).rows.filter((row) => row.document !== document)
    const decisions = [{ document, picked: [' sea ', 'sea', 'fog'] }]
    const { rows } = await app.handlers['labels.accept']({ task: 'tag', decisions })
    expect(rows[0]).toMatchObject({
      state: 'accepted',
      picked: ['sea', 'fog'],
      tags: ['sea', 'fog'],
      before: { tags: [] },
    })
    expect(await tagsOf('Log 1')).toEqual(['sea', 'fog'])
    expect((await list()).vocabulary.find(({ tag }) => tag === 'fog')).toEqual({ tag: 'fog', pieces: 1 })
    await app.handlers['labels.skip']({ task: 'tag', documents: [String(other?.document), document] })
    expect((await list()).rows.map(({ state }) => state).sort()).toEqual([
      'accepted',
      'skipped',
      ...Array(6).fill('suggested'),
    ])
    const undone = await app.handlers['labels.undo']({ task: 'tag', documents: [document, String(other?.document)] })
    expect(undone.rows.map(({ state, before, picked }) => [state, before, picked])).toEqual([
      ['suggested', null, null],
      ['suggested', null, null],
    ])
    expect(await tagsOf('Log 1')).toEqual([])
    await expect(
      app.handlers['labels.accept']({ task: 'tag', decisions: [{ document, picked: [' '] }] }),
    ).rejects.toThrow(/no tag/)
  })

  it('counts the decisions, so that the last can be taken back after a restart', async () => {
    const [a, b, c] = await Promise.all(['Log 1', 'Log 3', 'Log 7'].map(documentOf))
    const decisions = [a, b].map((document) => ({ document: String(document), picked: ['fog'] }))
    const first = await app.handlers['labels.accept']({ task: 'tag', decisions })
    await app.handlers['labels.skip']({ task: 'tag', documents: [String(c)] })
    const [one, two] = first.rows.map(({ step }) => Number(step))
    expect(one).toBe(two)
    await app.close()
    app = await open()
    const stepOf = async (document = '') => (await list()).rows.find((row) => row.document === document)?.step
    expect(await stepOf(a)).toBe(one)
    expect(await stepOf(c)).toBeGreaterThan(Number(one))
    await app.handlers['labels.accept']({ task: 'tag', decisions: [{ document: String(a), picked: ['sea'] }] })
    expect(await stepOf(a)).toBeGreaterThan(Number(await stepOf(c)))
    await app.handlers['labels.undo']({ task: 'tag', documents: [a, b, c].map(String) })
    expect(await stepOf(a)).toBeNull()
    expect(await tagsOf('Log 1')).toEqual([])
  })

  it('is all or nothing for many pieces', async () => {
    const document = await documentOf('Log 3')
    const decisions = [
      { document, picked: ['sea'] },
      { document: 'nobody', picked: ['sea'] },
    ]
    await expect(app.handlers['labels.accept']({ task: 'tag', decisions })).rejects.toThrow(/no piece "nobody"/)
    expect(await tagsOf('Log 3')).toEqual([])
  })

  it('stays over imports, until the file’s own tags change', async () => {
    const document = await documentOf('Log 2')
    await app.handlers['labels.accept']({ task: 'tag', decisions: [{ document, picked: ['fog'] }] })
    expect((await importAll()).unchanged).toBe(PIECES)
    expect(await tagsOf('Log 2')).toEqual(['fog'])
    const [name, text] = file(2)
    writeFileSync(path.join(writing, name), `${text}\nOne more sentence about the quay.\n`)
    expect((await importAll()).documents).toBe(1)
    expect(await tagsOf('Log 2')).toEqual(['fog'])
    writeFileSync(path.join(writing, name), file(2, { tags: '[brass]' })[1])
    await importAll()
    expect(await tagsOf('Log 2')).toEqual(['brass'])
    // The decision is over, and its row, which had no suggestion, with it.
    expect((await list()).rows.some((row) => row.document === document)).toBe(false)
    await app.handlers['labels.undo']({ task: 'tag', documents: [document] })
    expect(await tagsOf('Log 2')).toEqual(['brass'])
  })

  it('goes back to an earlier decision, not to the file', async () => {
    const document = await documentOf('Log 5')
    await app.handlers['labels.accept']({ task: 'tag', decisions: [{ document, picked: ['one'] }] })
    await app.handlers['labels.clear']({ task: 'tag' })
    await app.handlers['labels.accept']({ task: 'tag', decisions: [{ document, picked: ['two'] }] })
    const { gone } = await app.handlers['labels.undo']({ task: 'tag', documents: [document] })
    expect(gone).toEqual([document])
    expect(await tagsOf('Log 5')).toEqual(['one'])
  })
})

describe('ratings', () => {
  it('lists disagreements with one’s own scores, the farthest first', async () => {
    await app.handlers['rate.queue']({ request: 'r', scope: { which: 'with' }, voice: null })
    await made('rate')
    const { rows } = await app.handlers['labels.disagreements']({})
    const far = rows.map(({ expected, rating }) => Math.abs(Number(expected) - Number(rating)))
    expect(far).toHaveLength(4)
    expect(far).toEqual([...far].sort((a, b) => b - a))
    expect(rows[0]?.distribution.map(({ score }) => score)).toEqual([1, 2, 3, 4, 5])
    const [first] = rows
    const decisions = [{ document: String(first?.document), picked: ['5'] }]
    const accepted = await app.handlers['labels.accept']({ task: 'rate', decisions })
    expect(accepted.rows[0]).toMatchObject({ rating: 5, before: { rating: first?.rating } })
    // Against the score of then, so that changing one's mind does not empty the list.
    expect((await app.handlers['labels.disagreements']({})).rows[0]?.document).toBe(first?.document)
    await app.handlers['labels.undo']({ task: 'rate', documents: [String(first?.document)] })
    expect((await list('rate')).rows.find(({ document }) => document === first?.document)?.rating).toBe(first?.rating)
  })

  it('takes a score without a suggestion, and none off the scale', async () => {
    const document = await documentOf('Log 1')
    const { rows } = await app.handlers['labels.accept']({ task: 'rate', decisions: [{ document, picked: ['4'] }] })
    expect(rows[0]).toMatchObject({ state: 'accepted', rating: 4, expected: null })
    await expect(
      app.handlers['labels.accept']({ task: 'rate', decisions: [{ document, picked: ['9'] }] }),
    ).rejects.toThrow(/9 is not on the scale/)
    expect((await app.handlers['labels.undo']({ task: 'rate', documents: [document] })).gone).toEqual([document])
    expect((await list('rate')).labelled).toBe(4)
  })
})
