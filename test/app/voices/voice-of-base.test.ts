/** A voice belongs to its base: nothing is written in it, nor said to be, while another base is in use. */
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { rememberVoice } from '../../../main/app/voices/voice-of-base.ts'
import { randomVoice } from '../../helpers/random-voice.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
const ids: Record<string, string> = {}
let app: Awaited<ReturnType<typeof createApp>>

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  for (const [n, name] of ['one', 'two'].entries()) {
    const base = path.join(root, `${name}.gguf`)
    writeTinyModel(base, { seed: n + 1, context: 512 })
    await app.handlers['models.add']({ request: name, file: base, as: 'chat' })
    const file = path.join(root, `voice-${name}.gguf`)
    randomVoice(file, base, { name: `On ${name}` })
    ids[name] = (await app.handlers['voices.import']({ file })).id
  }
}, 120_000)
afterAll(() => app.close())
beforeEach(async () => {
  app.context.store.settings.set('voices.of-bases', {})
  await app.handlers['models.use']({ model: 'one' })
  await app.handlers['voices.use']({ voice: ids.one ?? null })
})

const state = async () => {
  const { base, voice, resting } = await app.handlers['app.state']({})
  return { base, voice, resting }
}

it('rests while another base is in use: it is not said to write, and writes nothing', async () => {
  expect(await state()).toEqual({ base: 'one', voice: ids.one, resting: null })
  await app.handlers['models.use']({ model: 'two' })
  expect(await state()).toEqual({ base: 'two', voice: null, resting: ids.one })
  const own = (await app.handlers['voices.list']({})).find(({ id }) => id === ids.one)
  // Its file calls the base by another name than this machine does.
  expect(own).toMatchObject({ active: false, resting: true, usable: false, base: 'one' })
  const { answer } = await app.handlers['chat.send']({ request: 'c', text: 'Who?', maxTokens: 4, retrieval: false })
  expect(answer.voice).toBeNull()
})

it('comes back with its base', async () => {
  await app.handlers['models.use']({ model: 'two' })
  await app.handlers['models.use']({ model: 'one' })
  expect(await state()).toEqual({ base: 'one', voice: ids.one, resting: null })
  // Also where the other base has a voice of its own by then.
  await app.handlers['models.use']({ model: 'two' })
  await app.handlers['voices.use']({ voice: ids.two ?? null })
  await app.handlers['models.use']({ model: 'one' })
  expect(await state()).toEqual({ base: 'one', voice: ids.one, resting: null })
  await app.handlers['models.use']({ model: 'two' })
  expect(await state()).toEqual({ base: 'two', voice: ids.two, resting: null })
})

it('that was switched off, with its base or while it rested, stays off', async () => {
  await app.handlers['voices.use']({ voice: null })
  await app.handlers['models.use']({ model: 'two' })
  await app.handlers['voices.use']({ voice: ids.two ?? null })
  await app.handlers['models.use']({ model: 'one' })
  expect(await state()).toEqual({ base: 'one', voice: null, resting: null })
  await app.handlers['voices.use']({ voice: ids.one ?? null })
  await app.handlers['models.use']({ model: 'two' })
  app.context.store.voices.setActive(ids.one ?? null)
  expect(await state()).toMatchObject({ voice: null, resting: ids.one })
  await app.handlers['voices.use']({ voice: null })
  await app.handlers['models.use']({ model: 'one' })
  expect(await state()).toEqual({ base: 'one', voice: null, resting: null })
})

it('that won its proof while another base was in use is on when its own comes back', async () => {
  await app.handlers['voices.use']({ voice: null })
  await app.handlers['models.use']({ model: 'two' })
  rememberVoice(app.context, 'one', ids.one ?? null)
  await app.handlers['models.use']({ model: 'one' })
  expect((await state()).voice).toBe(ids.one)
})

it('is never laid over another base, when that one came while a call for it waited', async () => {
  const { bases, store } = app.context
  let free = (): void => {}
  const taken = bases.withBase(() => new Promise<void>((resolve) => (free = resolve)))
  const asked = { maxTokens: 4, retrieval: false }
  const chat = app.handlers['chat.send']({ request: 'late', text: 'Who?', ...asked })
  const draft = app.handlers['draft.write']({ request: 'later', text: 'The quay', voice: ids.one ?? null, ...asked })
  const plain = app.handlers['draft.write']({ request: 'plain', text: 'The quay', voice: null, ...asked })
  const refused = Promise.all([
    // The shapes would fit: both bases have the same.
    expect(chat).rejects.toMatchObject({ name: 'BaseChanged', message: expect.stringContaining('two.gguf') }),
    expect(draft).rejects.toMatchObject({ name: 'BaseChanged', next: 'Try again.' }),
  ])
  const before = store.chats.list().length
  await app.handlers['models.use']({ model: 'two' })
  free()
  await taken
  await refused
  expect((await plain).voice).toBeNull()
  // Its question went back to whoever asked it; asked again, the base that is in use answers.
  expect(store.chats.list().length).toBeLessThan(before)
  const { answer } = await app.handlers['chat.send']({ request: 'again', text: 'Who?', ...asked })
  expect(answer.voice).toBeNull()
})
