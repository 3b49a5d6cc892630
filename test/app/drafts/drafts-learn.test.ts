/** What the assistant wrote, or what was quoted, is in nothing that a run is made of; what the owner wrote is, when asked. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { learnedOf, readLearned, writeLearned } from '../../../main/app/library/learned.ts'
import { learnedTexts } from '../../../main/app/voices/learned-texts.ts'
import { ownRuns } from '../../../main/drafts/own-runs.ts'
import { readExamples } from '../../../main/trainer/examples-file.ts'
import { examplesFile, readPlan } from '../../../main/trainer/run-folder.ts'
import type { DraftAuthor, DraftSpan } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
/** Letters that neither the prose nor the prompts use. */
const ASSISTANT = 'Ʒƕ'
const QUOTED = 'Ђџ'
const OWNER = 'Ѯ'
const UNASKED = 'Ѱ'

const marked = (text: string, canary: string): string =>
  text.replaceAll(/(?:\S+\s+){3}/g, (words) => `${words}${canary} `)

function authored(pieces: [string, DraftAuthor][]): { text: string; spans: DraftSpan[] } {
  let to = 0
  const spans = pieces.map(([piece, author]): DraftSpan => {
    const from = to
    to += piece.length
    return { from, to, author, voice: null }
  })
  return { text: pieces.map(([piece]) => piece).join(''), spans }
}

type App = Awaited<ReturnType<typeof createApp>>
let app: App
let draft: string
beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'tiny.gguf')
  writeTinyModel(base, { context: 1024, vocabulary: 400 })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  const assistants = marked(prose(101, 60), ASSISTANT)
  const learnt = authored([
    [`${marked(prose(102, 320), OWNER)}\n\n`, 'owner'],
    [`${assistants}\n\n`, 'assistant'],
    // The owner's words around a few of the assistant's.
    [`${prose(103, 60)} `, 'owner'],
    [`${ASSISTANT} ${ASSISTANT}.`, 'assistant'],
    [`\n\n${marked(prose(104, 300), QUOTED)}\n\n`, 'quoted'],
    [`> ${marked(prose(105, 60), QUOTED).replaceAll('\n\n', '\n> \n> ')}\n\n`, 'owner'],
  ])
  const { id } = await app.handlers['draft.create'](learnt)
  draft = id
  expect(await app.handlers['draft.learn']({ draft: id, learn: true })).toMatchObject({ learn: true })
  await app.handlers['draft.create']({ text: marked(prose(106, 320), UNASKED) })
  // The assistant's paragraphs come back in a file, as when a draft was exported and imported.
  const files = Array.from({ length: 16 }, (_, n): [string, string] => [
    `${String(n).padStart(2, '0')}.md`,
    post(
      { title: `Ledger ${n} of the quay`, date: `2024-01-${String(n + 1).padStart(2, '0')}` },
      n % 3 === 0 ? `${assistants}\n\n${prose(n, 320)}` : prose(n, 320),
    ),
  ])
  const none = { excerpt: '', candidates: [], authors: [], rejected: [], edited: null, voice: null, blind: null }
  const picked = { id: 'h', at: '2024-02-01T00:00:00Z', picked: 'Counting twice', blindPick: null }
  const text =
    'Out on the breakwater nobody counts the steps, and so I counted them twice, going there and coming back.'
  app.context.store.headlines.put({ ...none, ...picked, text })
  // A file's time goes by ticks of some milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const folder = writeFiles(path.join(root, 'writing'), Object.fromEntries(files))
  await app.handlers['library.import']({ request: 'import', paths: [folder] })
}, 120_000)
afterAll(() => app.close())

/** All that a run would learn and choose its settings by. */
async function learntTexts(): Promise<{ run: string; texts: string[] }> {
  const { run } = await app.handlers['train.start']({ threads: 1, epochs: 1, tasks: ['prose', 'headline'] })
  await app.handlers['train.cancel']({}).catch(() => {})
  const folder = app.training.folderOf(run)
  expect(readPlan(folder).about.note).toMatch(/\d+ paragraphs that the assistant wrote in your drafts are left out/)
  const { train, validation } = readExamples(examplesFile(folder))
  const texts = await app.context.bases.withBase(async (model) =>
    [...train, ...validation].map(({ tokens }) => model.detokenize(tokens)),
  )
  return { run, texts }
}

describe('a run', () => {
  it('learns what the owner alone wrote in the drafts that were named, and nothing of anyone else', async () => {
    const { run, texts } = await learntTexts()
    expect(texts.length).toBeGreaterThan(16)
    expect(texts.some((text) => text.includes(OWNER))).toBe(true)
    for (const text of texts) expect(text).not.toMatch(/[ƷƕЂџѰ]/)
    // The draft is told as what it is, once, and is no piece that is gone; its own runs are what may be copied from.
    const folder = app.training.folderOf(run)
    const drafts = learnedOf(app.context, folder).pieces?.filter(({ made }) => made?.startsWith('draft:'))
    expect(drafts).toMatchObject([{ document: null, tasks: ['prose'], part: 'training', now: 'mine' }])
    app.context.store.voices.put('v', { run })
    const sources = learnedTexts(app.context, 'v').filter(({ document }) => document === null)
    app.context.store.voices.remove('v')
    expect(sources.some(({ text }) => text.includes(OWNER))).toBe(true)
    for (const { text } of sources) expect(text).not.toMatch(/[ƷƕЂџѰ]/)
    expect(sources.some(({ title, text }) => title === 'Counting twice' && text.includes('breakwater'))).toBe(true)
    // As early versions noted it.
    const note = readLearned(folder)!
    const early = note.pieces.map(({ made, ...piece }) =>
      made?.startsWith('draft:') ? { ...piece, document: `${made}:0` } : piece,
    )
    writeLearned(folder, { ...note, pieces: early })
    expect(learnedOf(app.context, folder).pieces?.filter(({ now }) => now === 'gone')).toEqual([])
    // The pieces that had the assistant's paragraph are learnt from all the same.
    expect(texts.some((text) => text.includes('Ledger 0 of the quay'))).toBe(true)
  }, 240_000)

  it("knows the assistant's words in a file when the draft that they come from is deleted for good", async () => {
    expect(await app.handlers['draft.remove']({ draft, forever: true })).toEqual({ removed: true })
    expect(await app.handlers['draft.list']({})).toHaveLength(1)
    const { texts } = await learntTexts()
    expect(texts.some((text) => text.includes('Ledger 0 of the quay'))).toBe(true)
    for (const text of texts) expect(text).not.toMatch(/[ƷƕЂџѮѰ]/)
  }, 240_000)
})

describe("the owner's runs", () => {
  const runs = (pieces: [string, DraftAuthor][]): string[] => ownRuns(authored(pieces))

  it('are whole paragraphs, broken off wherever anyone else wrote a word', () => {
    expect(
      runs([
        ['One.\n\nTwo.\n\nThree ', 'owner'],
        ['words', 'assistant'],
        [' here.\n\nFour.', 'owner'],
        ['\n\n', 'assistant'],
        ['Five.\n\n', 'owner'],
        ['Six.', 'quoted'],
      ]),
    ).toEqual(['One.\n\nTwo.', 'Four.\n\nFive.'])
    expect(runs([['All of it.', 'owner']])).toEqual(['All of it.'])
    expect(runs([['None of it.', 'assistant']])).toEqual([])
    expect(runs([])).toEqual([])
  })

  it('are plain text: no marks, code, or block quotes', () => {
    expect(runs([['## Head\n\nIt *rained*.\n\n> Theirs.\n\n```\ncode\n```\n', 'owner']])).toEqual([
      'Head\n\nIt rained.',
    ])
  })
})
