/** Tags, ratings, drafts and scores as the app serves them, on a tiny base and a library of its own. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { pickedQueries } from '../../../main/app/labels/picks.ts'
import { writeLearned } from '../../../main/app/library/learned.ts'
import { runTasks } from '../../../main/app/training/run-tasks.ts'
import type { Base } from '../../../main/inference/types.ts'
import type { Source } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

type App = Awaited<ReturnType<typeof createApp>>
const root = temporaryFolder()
const PIECES = 24
/** Every third piece has a rating, all but every sixth tags; the newest has both, and words that no other piece has. */
const SECRET = 'zyzzyva'
let app: App
/** What the base was asked to compare or to go on from. */
const prompts: string[] = []

/** Closed together: the first that closes takes the runtime along. */
const apps: App[] = []

async function open(name: string, files: Record<string, string>): Promise<App> {
  const base = path.join(root, 'tiny.gguf')
  const opened = await createApp({ dataFolder: path.join(root, name), host: 'terminal' })
  apps.push(opened)
  await opened.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  const folder = writeFiles(path.join(root, `${name}-writing`), files)
  await opened.handlers['library.import']({ request: 'import', paths: [folder] })
  return opened
}

function piece(n: number, facts: Record<string, string> = {}): [string, string] {
  const date = new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)
  // Texts so far apart that no sentence of one stands in another: those would be one piece.
  return [
    `${String(n).padStart(2, '0')}.md`,
    post({ title: `Ledger ${n} of the quay`, date, ...facts }, prose(40 * n, 240)),
  ]
}

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(path.join(root, 'tiny.gguf'), { context: 1024, vocabulary: 400 })
  const files = Array.from({ length: PIECES }, (_, n) =>
    piece(n, {
      ...(n === PIECES - 1
        ? { tags: `[${SECRET}, sea]` }
        : n % 6 === 5
          ? {}
          : { tags: `[${['sea', 'order', 'clocks'][n % 3]}]` }),
      ...(n === PIECES - 1 ? { rating: '2' } : n % 3 === 0 ? { rating: String(3 + (n % 2)) } : {}),
    }),
  )
  app = await open('data', Object.fromEntries(files))
  const { withBase } = app.context.bases
  app.context.bases.withBase = (work) =>
    withBase((base) => {
      const watched: Base = {
        ...base,
        rank(prompt, ...rest) {
          prompts.push(base.detokenize(prompt))
          return base.rank(prompt, ...rest)
        },
        score(queries, options) {
          prompts.push(...queries.map(({ tokens, answerFrom }) => base.detokenize(tokens.subarray(0, answerFrom))))
          return base.score(queries, options)
        },
        generate(prompt, options) {
          prompts.push(base.detokenize(prompt))
          return base.generate(prompt, options)
        },
      }
      return work(watched)
    })
}, 120_000)
afterAll(async () => {
  for (const opened of apps) await opened.close()
})

const documentOf = async ({ document }: Pick<Source, 'document'>) => app.handlers['library.get']({ document })
const newest = async () => {
  const { documents } = await app.handlers['library.list']({})
  const found = documents.find(({ title }) => title === `Ledger ${PIECES - 1} of the quay`)
  return app.handlers['library.get']({ document: String(found?.id) })
}

describe('tag.suggest', () => {
  it('ranks the other pieces’ tags, shows a piece with tags, and never the piece’s own', async () => {
    const { id, text } = await newest()
    prompts.length = 0
    const asked = { request: 't', text: `${post({ tags: `[${SECRET}]` }, text)}`, voice: null, has: ['brass'] }
    const result = await app.handlers['tag.suggest'](asked)
    expect(result.suggestions.map(({ tag }) => tag).sort()).toEqual(['clocks', 'order', 'sea'])
    expect(result.suggestions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6)
    expect(result.suggestions.find(({ tag }) => tag === 'sea')?.has).toBe(true)
    expect(result.suggestions.find(({ tag }) => tag === 'order')?.has).toBe(false)
    expect([...result.has].sort()).toEqual(['brass', 'sea', SECRET].sort())
    expect(result).toMatchObject({ vocabulary: 3, compared: 3, voice: null })
    expect(result.sources).toHaveLength(1)
    for (const source of result.sources) {
      expect(source.document).not.toBe(id)
      expect((await documentOf(source)).tags).not.toEqual([])
    }
    expect(prompts).toHaveLength(1)
    expect(prompts[0]).not.toContain(SECRET)
    expect(prompts[0]).toMatch(/tag: (sea|order|clocks)\n/)
    const without = await app.handlers['tag.suggest']({ ...asked, retrieval: false, count: 2 })
    expect(without.sources).toEqual([])
    expect(without.suggestions).toHaveLength(2)
    expect(without.vocabulary).toBe(3)
    expect(prompts[1]).not.toMatch(/tag: \S/)
  })

  it('says what is missing', async () => {
    const bare = await open('bare', Object.fromEntries([piece(0), piece(1)]))
    await expect(bare.handlers['tag.suggest']({ request: 't', text: 'Boats.' })).rejects.toThrow(
      /none of your 2 other pieces in the library has a tag/,
    )
    await expect(bare.handlers['tag.suggest']({ request: 't', text: ' \n' })).rejects.toThrow(/no text to tag/)
    await expect(app.handlers['tag.pick']({ id: 'nobody', picked: ['x'] })).rejects.toThrow(
      /no suggested tags "nobody"/,
    )
    const { id } = await app.handlers['tag.suggest']({ request: 't', text: 'Boats.', voice: null })
    await expect(app.handlers['tag.pick']({ id, picked: [' '] })).rejects.toThrow(/no tag was picked/)
    await expect(app.handlers['rate.pick']({ id, score: 3 })).rejects.toThrow(/no suggested rating/)
    const long = { request: 't', text: 'word '.repeat(1_000_000), voice: null }
    await expect(app.handlers['tag.suggest'](long)).rejects.toMatchObject({ name: 'TextTooLong' })
  })

  it('keeps what was picked, and forgets it when the last is put off', async () => {
    const { id } = await app.handlers['tag.suggest']({ request: 't', text: 'Boats.', voice: null })
    expect((await app.handlers['tag.pick']({ id, picked: ['sea', 'my own'] })).picked).toEqual(['sea', 'my own'])
    expect((await app.handlers['tag.pick']({ id, picked: [] })).picked).toBeNull()
    expect(app.context.store.labels.picked('tag').some((record) => record.id === id)).toBe(false)
    expect(app.context.store.labels.get(id)).toBeNull()
    const rated = await app.handlers['rate.suggest']({ request: 'r', text: 'Boats.', voice: null })
    expect(app.context.store.labels.get(rated.id)).toBeNull()
    expect((await app.handlers['rate.pick']({ id: rated.id, score: 3 })).picked).toEqual(['3'])
    expect((await app.handlers['rate.pick']({ id: rated.id, score: null })).picked).toBeNull()
  })
})

describe('what was picked for single texts', () => {
  const picked = async (text: string, ...tags: string[]): Promise<string> => {
    const { id } = await app.handlers['tag.suggest']({ request: 't', text, voice: null, retrieval: false })
    await app.handlers['tag.pick']({ id, picked: tags })
    return id
  }
  const picks = async () => (await app.handlers['labels.picks']({ task: 'tag' })).picks
  const learnt = (text: string): string[] =>
    pickedQueries(app.context.store, 'tag', () => false, []).flatMap(({ input, answer }) =>
      input === text ? [answer] : [],
    )

  it('is one choice a text, the newest, and is listed, forgotten and had back', async () => {
    const text = 'Gulls stood on the breakwater all morning, and nobody there would count them for the harbour master.'
    const first = await picked(text, 'gulls')
    const second = await picked(text, 'birds', 'sea')
    expect(first).not.toBe(second)
    expect(await picks()).toMatchObject([{ id: second, task: 'tag', picked: ['birds', 'sea'] }])
    expect(learnt(text)).toEqual(['birds'])
    expect(await app.handlers['labels.forget']({ id: second })).toEqual({ removed: true })
    expect(await app.handlers['labels.forget']({ id: second })).toEqual({ removed: false })
    expect([await picks(), learnt(text), app.context.store.labels.get(second)]).toEqual([[], [], null])
    await app.handlers['tag.pick']({ id: second, picked: ['birds'] })
    expect(learnt(text)).toEqual(['birds'])
    await app.handlers['labels.forget']({ id: second })
  })

  it('contradicts no piece of the library that has tags of its own', async () => {
    const { documents } = await app.handlers['library.list']({})
    const [tagged, bare] = await Promise.all(
      [true, false].map((has) => {
        const found = documents.find(({ tags }) => tags.length > 0 === has)
        return app.handlers['library.get']({ document: String(found?.id) })
      }),
    )
    const ids = [await picked(String(tagged?.text), 'nonsense'), await picked(String(bare?.text), 'own')]
    expect([learnt(String(tagged?.text)), learnt(String(bare?.text))]).toEqual([[], ['own']])
    for (const id of ids) await app.handlers['labels.forget']({ id })
  })
})

describe('what was decided since the last voice', () => {
  it('counts pieces whose tags were accepted, and a draft that may be learnt from', async () => {
    const { store } = app.context
    const folder = path.join(root, 'since')
    const library = store.documents.mine().map(({ id }) => id)
    mkdirSync(folder)
    writeLearned(folder, { pieces: [], library })
    const run = { id: 'r', folder, stage: 'done', base: 'b', voice: 'v', options: {} } as const
    const createdAt = new Date().toISOString()
    store.runs.put({ ...run, createdAt })
    store.voices.put('v', { name: 'V', createdAt, run: 'r' })
    const since = () => app.handlers['train.since']({})
    try {
      await expect.poll(() => new Date().toISOString() > createdAt).toBe(true)
      expect(await since()).toMatchObject({ voice: 'v', choices: 0, pieces: 0, enough: false })
      const decisions = library.slice(0, 10).map((document) => ({ document, picked: ['sea'] }))
      await app.handlers['labels.accept']({ task: 'tag', decisions })
      expect(await since()).toMatchObject({ choices: 10, pieces: 0, enough: true })
      await app.handlers['labels.undo']({ task: 'tag', documents: library.slice(0, 10) })
      expect(await since()).toMatchObject({ choices: 0, enough: false })
      const { id } = await app.handlers['draft.create']({})
      await app.handlers['draft.learn']({ draft: id, learn: true })
      expect(await since()).toMatchObject({ choices: 0, pieces: 1, enough: false })
    } finally {
      store.voices.remove('v')
      store.runs.remove('r')
    }
  })
})

describe('rate.suggest', () => {
  it('gives the very distribution that the scores of all answers make', async () => {
    const { id, text } = await newest()
    prompts.length = 0
    const result = await app.handlers['rate.suggest']({ request: 'r', text, voice: null })
    expect(result.distribution.map(({ score }) => score)).toEqual([1, 2, 3, 4, 5])
    expect(result.note).toBeNull()
    for (const source of result.sources) {
      expect(source.document).not.toBe(id)
      expect((await documentOf(source)).rating).not.toBeNull()
    }
    expect(result.sources).toHaveLength(1)
    const weights: number[] = []
    for (const { score } of result.distribution) {
      const scored = await app.handlers.score({ request: 's', task: 'rate', text, gold: ` ${score} `, voice: null })
      expect(scored.tokens).toBeGreaterThan(1)
      weights.push(Math.exp(-scored.nll))
    }
    const sum = weights.reduce((total, weight) => total + weight, 0)
    for (const [i, { probability }] of result.distribution.entries())
      expect(probability).toBeCloseTo((weights[i] ?? Number.NaN) / sum, 2)
    // One prompt for all of them.
    expect(new Set(prompts).size).toBe(1)
    const mean = result.distribution.reduce((total, { score, probability }) => total + score * probability, 0)
    expect(result.expected).toBeCloseTo(mean, 9)
    // Never drawn: a seed changes nothing.
    const again = await app.handlers['rate.suggest']({ request: 'r', text, voice: null, seed: 99 })
    expect(again.distribution).toEqual(result.distribution)
  })

  it('refuses scores off the scale, tasks that are none and empty answers', async () => {
    const ask = (task: 'rate', gold: string) => app.handlers.score({ request: 's', task, text: 'A book.', gold })
    await expect(ask('rate', '7')).rejects.toThrow(/7 is not on the scale 1, 2, 3, 4, 5/)
    await expect(ask('rate', 'good')).rejects.toThrow(/NaN is not on the scale/)
    await expect(ask('rate', ' ')).rejects.toThrow(/no answer/)
    await expect(ask('ratings' as 'rate', '3')).rejects.toThrow(/"ratings" is no task/)
    await expect(
      app.handlers.score({ request: 's', task: 'prose', text: 'A book.', gold: prose(1, 2000) }),
    ).rejects.toThrow(/the answer has \d+ tokens and .* leaves room for \d+/)
  })
})

describe('draft.write', () => {
  it('streams what it returns, leans on another piece than the opening’s own, and repeats by seed', async () => {
    const { id, text } = await newest()
    const opening = text.slice(0, 300)
    let streamed = ''
    const off = app.events.on((name, event) => {
      if (name === 'stream' && 'request' in event && event.request === 'd' && 'text' in event) streamed += event.text
    })
    const asked = { text: opening, voice: null, seed: 4, maxTokens: 12 }
    const draft = await app.handlers['draft.write']({ request: 'd', ...asked })
    off()
    expect(draft.text).toBe(streamed.trim())
    expect(draft.stopped).toBe(false)
    expect(draft.sources).toHaveLength(1)
    expect(draft.sources[0]?.document).not.toBe(id)
    expect((await app.handlers['draft.write']({ request: 'e', ...asked })).text).toBe(draft.text)
    const other = await app.handlers['draft.write']({ request: 'f', ...asked, from: 'instruction', retrieval: false })
    expect(other.sources).toEqual([])
    await expect(app.handlers['draft.write']({ request: 'g', text: ' ' })).rejects.toThrow(/no opening/)
    // What an instruction asks stands at its beginning as often as not.
    const instruction = `Answer this letter: ${text.repeat(20)}`
    const refused = app.handlers['draft.write']({ request: 'h', text: instruction, from: 'instruction' })
    await expect(refused).rejects.toMatchObject({ name: 'PromptTooLong' })
  })

  it('ends when it is cancelled, and keeps what was written', async () => {
    const off = app.events.on((name, event) => {
      if (name === 'stream' && 'request' in event && event.request === 'c')
        void app.handlers['request.cancel']({ request: 'c' })
    })
    const draft = await app.handlers['draft.write']({ request: 'c', text: 'The lamp', voice: null, maxTokens: 400 })
    off()
    expect(draft.stopped).toBe(true)
    expect(draft.text.length).toBeLessThan(400)
  })
})

describe('the tasks of a run', () => {
  it('are those that the library has enough of; what is asked for is taken from any number on', () => {
    const { store } = app.context
    const own = runTasks(store, undefined)
    // Of 24 pieces 17 train: 15 with tags, 6 with ratings.
    expect(own.parts.map(({ task, training }) => [task, training.length])).toEqual([
      ['headline', 17],
      ['tag', 15],
      ['prose', 17],
    ])
    expect(own.note).toMatch(/^Rate is left out: 6 pieces to learn from have ratings, .* from 12 on$/)
    const asked = runTasks(store, ['rate', 'rate'])
    expect(asked.parts.map(({ task, training }) => [task, training.length])).toEqual([['rate', 6]])
    expect(asked.note).toBeNull()
    for (const { training, validation, proof } of [...own.parts, ...asked.parts]) {
      const seen = [training, validation, proof].map((part) => new Set(part.map(({ document }) => document)))
      const all = seen.flatMap((part) => [...part])
      expect(new Set(all).size).toBe(all.length)
    }
  })

  it('are left out with a word when pieces lack them, and an error says when none is left', async () => {
    const files = Array.from({ length: 12 }, (_, n) => piece(n, { tags: '[sea]' }))
    const bare = await open('untagged', Object.fromEntries(files))
    const { store } = bare.context
    expect(runTasks(store, undefined).parts.map(({ task }) => task)).toEqual(['headline', 'prose'])
    expect(runTasks(store, undefined).note).toMatch(/tag is left out: /)
    expect(runTasks(store, ['headline', 'rate']).note).toMatch(/rate is left out: no piece to learn from has a rating/)
    expect(() => runTasks(store, ['rate'])).toThrow(/rate is left out: no piece to learn from has a rating/)
    await expect(bare.handlers['train.start']({ tasks: ['rate'] })).rejects.toThrow(
      /no piece to learn from has a rating/,
    )
    expect(await bare.handlers['train.forecast']({ tasks: ['rate'] })).toMatchObject({ ready: false })
  })
})
