/** What the owner makes of headlines: chosen, worded anew, set aside, tried blind; and what the next training gets of it. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { blindTally } from '../../../main/app/headlines/headline-facts.ts'
import { runTasks } from '../../../main/app/training/run-tasks.ts'
import type { HeadlineRecord } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { randomVoice } from '../../helpers/random-voice.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
const PIECE = 'On the quay nobody counts the lamps, and so I counted them twice, going there and coming back again.'
const write = { voice: null, retrieval: false, maxTokens: 6 } as const
let app: Awaited<ReturnType<typeof createApp>>
let voice: string

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'tiny.gguf')
  writeTinyModel(base, { context: 512, vocabulary: 400 })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  const pieces = Object.fromEntries(
    Array.from({ length: 14 }, (_, n) => [
      `${n}.md`,
      post({ title: `Ledger ${n} of the quay`, date: `2024-01-${String(n + 1).padStart(2, '0')}` }, prose(n, 160)),
    ]),
  )
  await app.handlers['library.import']({ request: 'import', paths: [writeFiles(path.join(root, 'writing'), pieces)] })
  const file = path.join(root, 'voice.gguf')
  randomVoice(file, base, { name: 'Edda' })
  voice = (await app.handlers['voices.import']({ file, name: 'Edda' })).id
}, 120_000)
afterAll(() => app.close())

const record = (id: string): HeadlineRecord => app.context.store.headlines.get(id) as HeadlineRecord

describe('candidates of one piece', () => {
  it('are kept one by one as they come, and more of them stand beside the first', async () => {
    const { handlers } = app
    const kept: number[] = []
    const off = app.events.on((name, event) => {
      if (name === 'headline.candidate' && 'candidate' in event && event.candidate !== null)
        kept.push(record(event.id).candidates.length)
    })
    const first = await handlers['headline.write']({ request: '1', text: PIECE, count: 3, ...write })
    off()
    expect(kept).toEqual([1, 2, 3])
    const { id } = first
    await handlers['headline.write']({ request: '2', text: PIECE, id, count: 2, ...write })
    const { candidates, authors } = record(id)
    expect(candidates).toHaveLength(5)
    expect(new Set(candidates).size).toBe(5)
    expect(authors).toEqual([null, null, null, null, null])
    expect(candidates.slice(0, 3)).toEqual(
      [...first.candidates].sort((a, b) => a.index - b.index).map(({ text }) => text),
    )
  })

  it('are asked beside four pieces where no voice answers, and beside one where one does', async () => {
    const ask = { text: PIECE, count: 1, retrieval: true, maxTokens: 6 } as const
    const sources = async (request: string, by: string | null): Promise<number> =>
      (await app.handlers['headline.write']({ request, ...ask, voice: by })).sources.length
    expect(await sources('without', null)).toBe(4)
    expect(await sources('with', voice)).toBe(1)
  })

  it('that were rejected are not written again for the piece, and can be brought back', async () => {
    const { handlers } = app
    const text = `${PIECE} It took the evening.`
    const ask = { text, count: 2, seed: 5, ...write }
    const first = await handlers['headline.write']({ request: '3', ...ask })
    const again = await handlers['headline.write']({ request: '4', ...ask })
    expect(again.candidates).toEqual(first.candidates)
    const unwanted = first.candidates[0]?.text ?? ''
    await handlers['headline.pick']({ id: first.id, picked: unwanted })
    expect(await handlers['headline.reject']({ id: first.id, candidate: unwanted })).toMatchObject({
      rejected: [unwanted],
      picked: null,
    })
    const third = await handlers['headline.write']({ request: '5', ...ask })
    expect(third.candidates.map((one) => one.text)).not.toContain(unwanted)
    await handlers['headline.reject']({ id: first.id, candidate: unwanted, rejected: false })
    const fourth = await handlers['headline.write']({ request: '6', ...ask })
    expect(fourth.candidates).toEqual(first.candidates)
    const strange = { id: first.id, candidate: 'never written' }
    await expect(handlers['headline.reject'](strange)).rejects.toMatchObject({ name: 'BadOption' })
  })

  it('are brought back whole after they were removed', async () => {
    const { handlers } = app
    const [first] = await handlers['headline.list']({})
    const id = String(first?.id)
    const before = record(id)
    expect(await handlers['headline.remove']({ id })).toEqual({ removed: true })
    expect((await handlers['headline.list']({})).some((other) => other.id === id)).toBe(false)
    await handlers['headline.bringBack']({ id })
    expect(record(id)).toEqual(before)
    await expect(handlers['headline.bringBack']({ id: 'nobody' })).rejects.toMatchObject({ name: 'UnknownHeadline' })
  })

  it('are refused for a text that is longer than any piece', async () => {
    const long = app.handlers['headline.write']({ request: '7', text: 'word '.repeat(1_000_000), ...write })
    await expect(long).rejects.toMatchObject({ name: 'TextTooLong' })
  })
})

describe('a blind trial', () => {
  it('mixes two authors, hides them until one is chosen, and counts the choice', async () => {
    const { handlers } = app
    const asked = { request: 'b', text: `${PIECE} Blind.`, count: 4, ...write, voice, against: { voice: null } }
    const { id } = await handlers['headline.write'](asked)
    const [hidden] = (await handlers['headline.list']({})).filter((known) => known.id === id)
    expect(hidden).toMatchObject({ blind: 'hidden', authors: [] })
    expect([...record(id).authors].sort()).toEqual([voice, voice, null, null].sort())
    const before = await handlers['headline.facts']({})
    const mine = record(id).authors.indexOf(voice)
    const chosen = await handlers['headline.pick']({ id, picked: record(id).candidates[mine] ?? '' })
    expect(chosen).toMatchObject({ blind: 'seen', authors: record(id).authors })
    const after = await handlers['headline.facts']({})
    expect(after.blindPicks).toBe(before.blindPicks + 1)
    expect(after.sides).toContainEqual({ voice, picked: 1, offered: 1 })
    expect(after.sides).toContainEqual({ voice: null, picked: 0, offered: 1 })
    // Once the authors are known, no choice is blind.
    await handlers['headline.pick']({ id, picked: null })
    await handlers['headline.pick']({ id, picked: record(id).candidates[mine] ?? '' })
    expect((await handlers['headline.facts']({})).blindPicks).toBe(before.blindPicks)
    const same = { ...asked, request: 's', voice: null }
    await expect(handlers['headline.write'](same)).rejects.toMatchObject({ name: 'SameVoice' })
  })

  it('counts by author, most often chosen first', () => {
    const trial = { candidates: ['a', 'b'], blind: 'seen' } as const
    const of = (authors: (string | null)[], blindPick: string | null) =>
      ({ ...trial, authors, blindPick }) as unknown as HeadlineRecord
    const tally = blindTally([of(['v', null], 'a'), of([null, 'v'], 'b'), of(['v', null], 'b'), of(['v', null], null)])
    expect(tally).toEqual({
      blindPicks: 3,
      sides: [
        { voice: 'v', picked: 2, offered: 3 },
        { voice: null, picked: 1, offered: 3 },
      ],
    })
  })
})

describe('what was chosen', () => {
  it('is learnt from by the next training, one a piece, what was worded anew before anything else', async () => {
    const { handlers, context } = app
    for (const { id } of context.store.headlines.list()) context.store.headlines.remove(id)
    const put = (id: string, text: string, picked: string, edited: string | null, minute: number): void => {
      const at = new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString()
      const none = { authors: [], rejected: [], voice: null, blind: null, blindPick: null }
      context.store.headlines.put({ ...none, id, at, excerpt: '', text, candidates: [picked], picked, edited })
    }
    const newest = context.store.documents.list({}).documents[0]
    const heldOut = (await handlers['library.get']({ document: newest?.id ?? '' })).text
    put('plain', 'A first text that nobody has read, about the lamps and about the ferry.', 'Lamps', null, 3)
    put('own', PIECE, 'Counting', 'Counting twice', 1)
    put('later', PIECE, 'Counting again', null, 2)
    put('held', heldOut, 'Given away', null, 4)
    expect(await handlers['headline.facts']({})).toMatchObject({ toLearn: 2, edited: 1, heldOut: 1 })
    const [part] = runTasks(context.store, ['headline']).parts
    const answers = (part?.training ?? []).map(({ answer }) => answer)
    expect(answers.slice(-2)).toEqual(['Counting twice', 'Lamps'])
    expect(answers).not.toContain('Given away')
    expect(answers).not.toContain('Counting again')
    await handlers['headline.pick']({ id: 'own', picked: null })
    await handlers['headline.pick']({ id: 'later', picked: null })
    expect(await handlers['headline.facts']({})).toMatchObject({ toLearn: 1, edited: 0 })
  })
})
