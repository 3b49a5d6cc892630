/** Conversations as the app serves them, on a tiny base that writes nonsense: trees, comparisons, and what is kept of them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { splitFrontMatter } from '../../../main/library/front-matter.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { randomVoice } from '../../helpers/random-voice.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

type App = Awaited<ReturnType<typeof createApp>>
const root = temporaryFolder()
const data = path.join(root, 'data')
const CANARY = 'Xanthorrhoea-7731'
const short = { maxTokens: 6, seed: 1, retrieval: false }
let app: App
let voice: string

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'tiny.gguf')
  writeTinyModel(base, { context: 512, vocabulary: 400 })
  app = await createApp({ dataFolder: data, host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  const pieces = Object.fromEntries(
    Array.from({ length: 6 }, (_, n) => [
      `${n}.md`,
      post({ title: `Piece ${n}`, date: `2024-01-0${n + 1}` }, prose(n, 120)),
    ]),
  )
  await app.handlers['library.import']({ request: 'import', paths: [writeFiles(path.join(root, 'writing'), pieces)] })
  const file = path.join(root, 'voice.gguf')
  randomVoice(file, base, { name: 'Edda' })
  voice = (await app.handlers['voices.import']({ file, name: 'Edda' })).id
}, 120_000)
afterAll(() => app.close())

/** Every byte below the data folder, write-ahead logs too. */
function bytesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => existsSync(file) && statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n')
}

describe('a conversation', () => {
  it('branches where a question is edited or an answer tried again, and keeps every branch', async () => {
    const { handlers } = app
    const first = await handlers['chat.send']({ request: '1', text: 'One?', voice: null, ...short })
    const { conversation } = first.answer
    const again = await handlers['chat.regenerate']({ request: '2', message: first.answer.id, voice, ...short })
    expect(again).toMatchObject({ parent: first.question.id, voice, role: 'assistant' })
    const edited = await handlers['chat.send']({ request: '3', conversation, parent: null, text: 'Two?', ...short })
    expect(edited.question.parent).toBeNull()
    const next = await handlers['chat.send']({ request: '4', conversation, text: 'And then?', ...short })
    expect(next.question.parent).toBe(edited.answer.id)
    await handlers['chat.head']({ conversation, message: again.id })
    const after = await handlers['chat.send']({ request: '5', conversation, text: 'Why?', ...short })
    expect(after.question.parent).toBe(again.id)
    const got = await handlers['chat.get']({ conversation })
    expect(got.messages).toHaveLength(9)
    expect(got.conversation.head).toBe(after.answer.id)
    const other = { conversation: 'none', message: again.id }
    await expect(handlers['chat.head'](other)).rejects.toMatchObject({ name: 'UnknownConversation' })
  })

  it('marks an answer that ran into its limit, and goes on from its last word', async () => {
    const { handlers } = app
    const { answer } = await handlers['chat.send']({ request: 'a', text: 'Go', voice: null, ...short })
    expect(answer).toMatchObject({ cut: true, stopped: false })
    const streamed: string[] = []
    const off = app.events.on((name, event) => {
      if (name === 'stream' && 'text' in event && event.request === 'b') streamed.push(event.text)
    })
    const more = await handlers['chat.continue']({ request: 'b', message: answer.id, ...short })
    off()
    expect(more.id).toBe(answer.id)
    expect(more.text).toBe((answer.text + streamed.join('')).trimStart())
    expect(more.text.length).toBeGreaterThan(answer.text.length)
    const { messages } = await handlers['chat.get']({ conversation: answer.conversation })
    expect(messages.map(({ text }) => text)).toEqual(['Go', more.text])
  })

  it('has what was written so far on disk while it is written', async () => {
    const { handlers } = app
    let seen: unknown = null
    const off = app.events.on((name, event) => {
      if (name !== 'stream' || !('text' in event) || event.request !== 'k' || seen !== null) return
      // The next tick: what streams is written down right after it was told.
      queueMicrotask(() => {
        const [newest] = app.context.store.chats.list()
        seen = app.context.store.chats.messages(newest?.id ?? '').map(({ role, stopped }) => [role, stopped])
      })
    })
    await handlers['chat.send']({ request: 'k', text: 'Kept?', voice: null, ...short })
    off()
    expect(seen).toEqual([
      ['user', false],
      ['assistant', true],
    ])
  })

  it('compares two sides under one question, and goes on from the one that is chosen', async () => {
    const { handlers } = app
    const streams = new Map<number, string>()
    const off = app.events.on((name, event) => {
      if (name === 'stream' && 'text' in event && event.request === 'c')
        streams.set(event.index, (streams.get(event.index) ?? '') + event.text)
    })
    const { question, answers } = await handlers['chat.compare']({
      request: 'c',
      text: 'Which?',
      sides: [
        { voice, ...short },
        { voice: null, ...short },
      ],
    })
    off()
    expect(answers.map(({ voice: by, parent }) => [by, parent])).toEqual([
      [voice, question.id],
      [null, question.id],
    ])
    expect(answers[0]?.text).not.toBe(answers[1]?.text)
    for (const [index, answer] of answers.entries()) expect(streams.get(index)?.trimStart()).toBe(answer.text)
    const { conversation } = question
    expect((await handlers['chat.get']({ conversation })).conversation.head).toBe(answers[0]?.id)
    await handlers['chat.head']({ conversation, message: answers[1]?.id ?? '' })
    const next = await handlers['chat.send']({ request: 'd', conversation, text: 'More', ...short })
    expect(next.question.parent).toBe(answers[1]?.id)
  })

  it('says from where on the model saw it, when it is longer than the context', async () => {
    const { handlers } = app
    const long = 'The clock on the quay is slow and nobody minds. '.repeat(9)
    const first = await handlers['chat.send']({ request: 'l1', text: long, voice: null, ...short })
    const { conversation } = first.answer
    expect(first.answer.seen).toBeNull()
    const second = await handlers['chat.send']({ request: 'l2', conversation, text: long, voice: null, ...short })
    expect(second.answer.seen).toEqual({ from: second.question.id, whole: true })
    const text = long.repeat(6)
    const third = await handlers['chat.send']({ request: 'l3', conversation, text, voice: null, ...short })
    expect(third.answer.seen).toEqual({ from: third.question.id, whole: false })
  })

  it('is found by its words, renamed, and exported as Markdown that nobody takes for its owner’s', async () => {
    const { handlers } = app
    const { answer } = await handlers['chat.send']({ request: 'f', text: `Where is ${CANARY}?`, ...short })
    const { conversation } = answer
    const [found] = await handlers['chat.list']({ text: CANARY.toLowerCase() })
    expect(found?.hits.map(({ excerpt, from, to }) => excerpt.slice(from, to))).toEqual([CANARY])
    expect((await handlers['chat.rename']({ conversation, title: '  A new\nname ' })).title).toBe('A new name')
    await expect(handlers['chat.rename']({ conversation, title: ' ' })).rejects.toMatchObject({ name: 'BadName' })
    const file = path.join(root, 'chat.md')
    await handlers['chat.export']({ conversation, file })
    const written = readFileSync(file, 'utf8')
    expect(written).toContain(`> Where is ${CANARY}?`)
    expect(written).toContain(answer.text.trimEnd())
    expect(splitFrontMatter(written)).toMatchObject({ data: { author: 'Idiolect (assistant)' } })
    await expect(handlers['chat.export']({ conversation, file })).rejects.toMatchObject({ name: 'FileExists' })
    await handlers['chat.export']({ conversation, file, replace: true })
    await handlers['chat.remove']({ conversation })
  })

  it('tells which conversation a question began, and ends quietly when that is removed meanwhile', async () => {
    const { handlers } = app
    const before = await handlers['chat.list']({})
    const asked = new Map<string, string>()
    const off = app.events.on((name, event) => {
      if (name === 'chat.asked' && 'question' in event) asked.set(event.request, event.question.conversation)
      // As soon as there is something of the answer.
      if (name !== 'stream' || !('text' in event) || !['r', 's'].includes(event.request)) return
      void handlers['chat.remove']({ conversation: asked.get(event.request) ?? kept })
    })
    const long = { ...short, maxTokens: 400 }
    let kept = ''
    // What its owner ended is no error to be told.
    await expect(handlers['chat.send']({ request: 'r', text: 'Going?', ...long })).rejects.toMatchObject({
      name: 'Cancelled',
    })
    const first = await handlers['chat.send']({ request: 'q', text: 'Staying?', ...short })
    kept = first.answer.conversation
    expect(asked.get('q')).toBe(kept)
    await expect(
      handlers['chat.regenerate']({ request: 's', message: first.answer.id, ...long }),
    ).rejects.toMatchObject({ name: 'Cancelled' })
    off()
    expect(await handlers['chat.list']({})).toEqual(before)
  })

  it('refuses five megabytes in words, and forgets a question that nothing could answer', async () => {
    const { handlers } = app
    const before = await handlers['chat.list']({})
    const text = 'x '.repeat(2_500_000)
    await expect(handlers['chat.send']({ request: 'x', text })).rejects.toMatchObject({
      name: 'TextTooLong',
      message: expect.stringContaining('4,999,999 characters'),
    })
    const { withBase } = app.context.bases
    app.context.bases.withBase = () => Promise.reject(new Error('no base today'))
    await expect(handlers['chat.send']({ request: 'y', text: 'Anybody?', ...short })).rejects.toThrow('no base today')
    app.context.bases.withBase = withBase
    expect(await handlers['chat.list']({})).toEqual(before)
  })

  it('shows the branch of before where nothing answered a question beside it', async () => {
    const { handlers, context } = app
    const { answer } = await handlers['chat.send']({ request: 'e1', text: 'One?', ...short })
    const { conversation } = answer
    const { withBase } = context.bases
    context.bases.withBase = () => Promise.reject(new Error('no base today'))
    const edited = handlers['chat.send']({ request: 'e2', conversation, parent: null, text: 'Two?', ...short })
    await expect(edited).rejects.toThrow('no base today')
    context.bases.withBase = withBase
    expect((await handlers['chat.get']({ conversation })).conversation.head).toBe(answer.id)
  })
})

describe('a conversation that is not kept', () => {
  it('leaves no byte in the data folder, and still knows what was said', async () => {
    const { handlers } = app
    const secret = 'Quisqualis-4402'
    const ask = { keep: false, voice: null, ...short }
    const { question, answer } = await handlers['chat.send']({ request: 'u1', text: `Mind ${secret}`, ...ask })
    expect(answer).toMatchObject({ conversation: '', parent: question.id })
    const turns = [question, answer].map(({ id, role, text }) => ({ id, role, text }))
    const prompts: string[] = []
    const { withBase } = app.context.bases
    app.context.bases.withBase = (work) =>
      withBase((base) =>
        work({
          ...base,
          generate(prompt, options) {
            prompts.push(base.detokenize(prompt))
            return base.generate(prompt, options)
          },
        }),
      )
    const next = await handlers['chat.send']({ request: 'u2', text: 'What should you mind?', turns, ...ask })
    expect(next.question.parent).toBe(answer.id)
    expect(prompts[0]).toContain(secret)
    const more = await handlers['chat.continue']({ request: 'u3', keep: false, turns, ...short })
    expect(more.text.startsWith(answer.text)).toBe(true)
    app.context.bases.withBase = withBase
    // What is kept is found this way, so that the search for what is not can fail.
    await handlers['chat.send']({ request: 'u4', text: `Keep ${CANARY}`, voice: null, ...short })
    const bytes = bytesOf(data)
    expect(bytes).toContain(CANARY)
    expect(bytes).not.toContain(secret)
    expect(bytes).not.toContain('What should you mind?')
  })
})
