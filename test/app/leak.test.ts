/**
 * Nothing that is held out may be seen before the proof: every piece on the proof's side bears words that stand nowhere
 * else, and these are looked for in everything that a run is made of.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { controlRun } from '../../main/app/training/prove.ts'
import { readProofQueries } from '../../main/app/training/run-plan.ts'
import { readExamples } from '../../main/trainer/examples-file.ts'
import { examplesFile, readPlan } from '../../main/trainer/run-folder.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const root = temporaryFolder()
const base = path.join(root, 'tiny.gguf')
const PIECES = 24
/** Of 32 pieces, these and what is held out a second time: 5 for the proof, 3 for the validation before them. */
const PROOF = 5
const VALIDATION = 3
/** Letters that neither the prose nor the prompts use, so that even a piece of a canary is seen. */
const PROOF_CANARY = 'Ʒƕ'
const VALIDATION_CANARY = 'Ђџ'

const canaryOf = (n: number): string =>
  n >= PIECES - PROOF ? PROOF_CANARY : n >= PIECES - PROOF - VALIDATION ? VALIDATION_CANARY : ''

/** The canary in front of every fourth word, so that no cut of the text is without. */
function marked(text: string, canary: string): string {
  return canary === '' ? text : text.replaceAll(/(?:\S+\s+){3}/g, (words) => `${canary}${words}`)
}

function piece(n: number): string {
  return marked(`${prose(n, 320)}`, canaryOf(n))
}

/** Every twentieth word is another. */
function revised(text: string): string {
  return text.replaceAll(/((?:\S+\s+){19})\S+/g, '$1otherwise')
}

type App = Awaited<ReturnType<typeof createApp>>
let app: App
let documents: { id: string; title: string; text: string }[] = []

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(base, { context: 1024, vocabulary: 400 })
  const files = Array.from({ length: PIECES }, (_, n): [string, string] => [
    `${String(n).padStart(2, '0')}.md`,
    post(
      {
        title: `${canaryOf(n)}Ledger ${n} of the quay`,
        date: new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10),
        tags: `[${canaryOf(n)}quay${n % 3}, ${canaryOf(n)}harbour]`,
        rating: String(3 + (n % 3)),
      },
      piece(n),
    ),
  ])
  // What is held out stands in the library a second time: earlier, in another file, under another title, and revised.
  const held = Array.from({ length: PROOF + VALIDATION }, (_, i) => PIECES - PROOF - VALIDATION + i)
  const twins = held.map((n): [string, string] => [
    `old/essay-${n}-final.txt`,
    post(
      { title: `Draft ${n}, not the last`, date: `2023-05-0${n - 15}`, tags: '[old]', rating: '4' },
      revised(piece(n)),
    ),
  ])
  const folder = writeFiles(path.join(root, 'writing'), Object.fromEntries([...files, ...twins]))
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  await app.handlers['library.import']({ request: 'import', paths: [folder] })
  const { documents: list } = await app.handlers['library.list']({})
  documents = await Promise.all(list.map(({ id }) => app.handlers['library.get']({ document: id })))
}, 120_000)

afterAll(() => app.close())

describe('what is held out', () => {
  it('is in no example, no retrieved pair and no control, not even by way of picked headlines, tags and scores', async () => {
    const held = documents.filter(({ title }) => title.includes(PROOF_CANARY) || title.includes(VALIDATION_CANARY))
    expect(held).toHaveLength(PROOF + VALIDATION)
    expect(documents).toHaveLength(PIECES + held.length)
    // The owner headlines held-out pieces, in the shapes they may come in, and one text that is in no library.
    const shapes = held.flatMap(({ title, text }) => [
      text,
      `# ${title}\n\n${text}`,
      text.slice(0, 700),
      text.replaceAll('\n', ' '),
      `A new beginning.\n\n${text}`,
    ])
    const own =
      'Out on the breakwater nobody counts the steps, and so I counted them twice, going there and coming back.'
    for (const [n, text] of [...shapes, own].entries()) {
      const edited = text === own ? 'Counting twice' : `Picked ${PROOF_CANARY}${VALIDATION_CANARY}`
      const at = new Date(Date.UTC(2024, 6, 1, 0, n)).toISOString()
      const none = { authors: [], rejected: [], picked: null, edited: null, voice: null, blind: null, blindPick: null }
      const record = { ...none, id: `h${n}`, at, excerpt: '', text, candidates: ['x'] }
      app.context.store.headlines.put(record)
      await app.handlers['headline.pick']({ id: record.id, picked: 'x', edited })
      const label = { at, excerpt: '', text, offered: ['x'], picked: null, voice: null }
      app.context.store.labels.put({ ...label, id: `t${n}`, task: 'tag' })
      app.context.store.labels.put({ ...label, id: `r${n}`, task: 'rate' })
      await app.handlers['tag.pick']({ id: `t${n}`, picked: [text === own ? 'counting' : edited, 'quay0'] })
      await app.handlers['rate.pick']({ id: `r${n}`, score: text === own ? 1 : 2 })
    }

    const { run } = await app.handlers['train.start']({ threads: 1, epochs: 1 })
    await app.handlers['train.cancel']({}).catch(() => {})
    const folder = app.training.folderOf(run)
    const { train, validation } = readExamples(examplesFile(folder))
    const control = readExamples(examplesFile(controlRun(folder).folder))
    const proof = readProofQueries(folder)
    const textOf = await app.context.bases.withBase(
      async (model) => (example: TokenExample) => model.detokenize(example.tokens),
    )
    const trained = train.map(textOf)

    expect(readPlan(folder).about.pieces).toBe(documents.length)
    expect(readPlan(folder).about.note).toContain(`${held.length} pieces are left out, since the same text is kept`)
    expect(trained.some((text) => text.includes('Ledger 0 of the quay'))).toBe(true)
    expect(trained.some((text) => text.includes('Counting twice'))).toBe(true)
    expect(readPlan(folder).about.tasks).toEqual(['headline', 'tag', 'rate', 'prose'])
    expect(trained.some((text) => text.includes('tag: counting'))).toBe(true)
    // Only held-out texts were given a 2, and only the text that is in no library a 1.
    expect(trained.some((text) => text.includes('score: 1'))).toBe(true)
    expect(trained.some((text) => text.includes('score: 2'))).toBe(false)
    for (const text of [...trained, ...control.train.map(textOf)]) {
      expect(text).not.toMatch(/[ƷƕЂџ]/)
    }
    expect(validation.length).toBeGreaterThan(0)
    for (const example of validation) {
      expect(textOf(example)).toContain(VALIDATION_CANARY)
      expect(textOf(example)).not.toMatch(/[Ʒƕ]/)
    }
    expect(new Set(proof.map(({ query }) => query.document)).size).toBe(PROOF)
    for (const { query, retrieved, withoutVoice = [] } of proof) {
      expect(query.input).toContain(PROOF_CANARY)
      expect(retrieved).toHaveLength(1)
      expect(withoutVoice.length).toBe(query.task === 'headline' ? 4 : 1)
      expect(JSON.stringify([retrieved, withoutVoice])).not.toMatch(/[ƷƕЂџ]/)
    }
  }, 300_000)
})

describe('a headline for a piece of the library', () => {
  it('is never shown that piece, in whatever shape the text comes', async () => {
    const shapes = [
      (_: string, text: string) => text,
      (title: string, text: string) => `${title}\n\n${text}`,
      (_: string, text: string) => text.slice(0, 900),
      (_: string, text: string) => text.replaceAll(/(\w+) near/g, '[$1](https://example.org/a) near'),
    ]
    for (const [n, { id, title, text }] of documents.entries()) {
      const shape = shapes[n % shapes.length]?.(title, text) ?? ''
      const { sources } = await app.handlers['headline.write']({
        request: id,
        text: shape,
        voice: null,
        count: 1,
        maxTokens: 1,
        seed: 1,
      })
      expect(sources).toHaveLength(4)
      expect(sources.map(({ document }) => document)).not.toContain(id)
    }
  }, 300_000)
})
