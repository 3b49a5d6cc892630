import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import type { Card } from '../../../main/app/voices/card.ts'
import { voicesFor } from '../../../main/app/voices/voices.ts'
import type { GenerationOptions, TrainingTask } from '../../../preload/contract.ts'
import { randomVoice } from '../../helpers/random-voice.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
let app: Awaited<ReturnType<typeof createApp>>
let [work, fiction] = ['', '']

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'base.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'base', file: base, as: 'chat' })
  await app.handlers['models.use']({ model: 'base' })
  const imported = async (name: string, seed: number): Promise<string> => {
    const file = path.join(root, `${name}.gguf`)
    randomVoice(file, base, { name, seed })
    return (await app.handlers['voices.import']({ file })).id
  }
  work = await imported('Work', 1)
  fiction = await imported('Fiction', 2)
})
afterAll(() => app.close())

const fileOf = (id: string): string => path.join(root, 'data', 'voices', `${id}.gguf`)
const both = (): { voice: string; weight: number }[] => [
  { voice: work, weight: 0.75 },
  { voice: fiction, weight: 0.5 },
]

describe('a mix', () => {
  it('is switched on like a voice, and speaks with its voices by their weights', async () => {
    const mix = await app.handlers['voices.mix']({ name: ' Both ', voices: both() })
    expect(mix).toMatchObject({ name: 'Both', usable: true, active: false, mix: both() })
    await app.handlers['voices.use']({ voice: mix.id })
    expect((await app.handlers['app.state']({})).voice).toBe(mix.id)
    const used = voicesFor(app.context, {}, 1, 'headline')
    expect(used).toEqual({
      id: mix.id,
      use: [
        { file: fileOf(work), scale: 0.75 },
        { file: fileOf(fiction), scale: 0.5 },
      ],
    })
    expect(voicesFor(app.context, { scale: 0.5 }, 1, 'headline')?.use).toMatchObject([
      { scale: 0.375 },
      { scale: 0.25 },
    ])
    const { candidates } = await app.handlers['headline.write']({
      request: 'h',
      text: 'A piece.',
      count: 1,
      maxTokens: 4,
    })
    expect(candidates.length).toBeGreaterThanOrEqual(0)
    const changed = await app.handlers['voices.mix']({ mix: mix.id, name: 'Half', voices: both().reverse() })
    expect(changed).toMatchObject({ id: mix.id, name: 'Half', active: true, mix: both().reverse() })
  })

  it.each([
    ['one voice', () => both().slice(1), 'BadMix'],
    ['a voice twice', () => [...both(), { voice: work, weight: 1 }], 'BadMix'],
    ['a weight beyond bounds', () => [both()[0]!, { voice: fiction, weight: 3 }], 'BadMix'],
    ['a weight that is none', () => [both()[0]!, { voice: fiction, weight: Number.NaN }], 'BadOption'],
    ['an unknown voice', () => [both()[0]!, { voice: 'nobody', weight: 1 }], 'UnknownVoice'],
  ])('of %s is refused in words', async (_, voices, name) => {
    await expect(app.handlers['voices.mix']({ name: 'Bad', voices: voices() })).rejects.toMatchObject({ name })
  })

  it('has no file, run or held-out pieces of its own', async () => {
    const { id } = (await app.handlers['voices.list']({})).find(({ mix }) => mix)!
    await expect(app.handlers['voices.export']({ voice: id, file: path.join(root, 'x.gguf') })).rejects.toMatchObject({
      name: 'MixIsNoFile',
    })
    await expect(app.handlers['voices.trial']({ request: 't', voice: id })).rejects.toMatchObject({ name: 'NoHeldOut' })
    expect(await app.handlers['voices.learned']({ voice: id })).toMatchObject({ pieces: null, run: null })
    expect((await app.handlers['voices.tests']({ voice: id })).whyNot).toMatch(/a mix has no pieces/)
    // What failed is not under way any more.
    expect((await app.handlers['voices.tests']({ voice: id })).working).toBeNull()
  })
})

describe('a voice', () => {
  it('speaks with its own strength where a call gives none', async () => {
    await app.handlers['voices.strength']({ voice: work, strength: 0.5 })
    await app.handlers['voices.use']({ voice: work })
    expect(voicesFor(app.context, {}, 1, 'headline')?.use).toMatchObject({ scale: 0.5 })
    expect(voicesFor(app.context, { scale: 1.5 }, 1, 'headline')?.use).toMatchObject({ scale: 1.5 })
    expect((await app.handlers['app.state']({})).strength).toBe(0.5)
    expect(await app.handlers['voices.strength']({ voice: work, strength: null })).not.toHaveProperty('strength')
    expect(voicesFor(app.context, {}, 1, 'headline')?.use).toMatchObject({ scale: 1 })
    await expect(app.handlers['voices.strength']({ voice: work, strength: 3 })).rejects.toMatchObject({
      name: 'BadOption',
    })
  })

  it('that is imported again keeps its name and strength', async () => {
    await app.handlers['voices.rename']({ voice: work, name: 'Letters' })
    await app.handlers['voices.strength']({ voice: work, strength: 0.5 })
    const file = path.join(root, 'Work.gguf')
    expect(await app.handlers['voices.import']({ file })).toMatchObject({ id: work, name: 'Letters', strength: 0.5 })
    expect(await app.handlers['voices.import']({ file, name: 'Work' })).toMatchObject({ id: work, name: 'Work' })
    await app.handlers['voices.strength']({ voice: work, strength: null })
  })

  it('answers by itself in what it learnt alone, and elsewhere when it is named', async () => {
    const { card } = app.context.store.voices.get<Card>(work)!
    const used = (task: TrainingTask, asked: GenerationOptions = {}): string | null | undefined =>
      voicesFor(app.context, asked, 1, task)?.id
    await app.handlers['voices.use']({ voice: work })
    try {
      app.context.store.voices.put(work, { ...card, tasks: ['headline', 'tag'] })
      const told = (await app.handlers['voices.list']({})).find(({ id }) => id === work)
      expect(told).toMatchObject({ active: true, speaks: ['headline', 'tag'] })
      expect([used('headline'), used('tag'), used('rate'), used('prose')]).toEqual([work, work, undefined, undefined])
      expect(used('prose', { voice: work })).toBe(work)
      const { answer } = await app.handlers['chat.send']({ request: 's', text: 'Hello?', keep: false, maxTokens: 2 })
      expect(answer.voice).toBeNull()
      // A proof that it won may have found it worse in one of them.
      app.context.store.voices.put(work, { ...card, tasks: ['headline', 'tag'], worse: ['tag'] })
      expect([used('headline'), used('tag'), used('tag', { voice: work })]).toEqual([work, undefined, work])
      // A mix answers wherever one of its voices does; what another one learnt, nobody knows.
      const mix = await app.handlers['voices.mix']({ name: 'Wide', voices: both() })
      expect(mix.speaks).toEqual(['headline', 'tag', 'rate', 'prose'])
      await app.handlers['voices.remove']({ voice: mix.id })
    } finally {
      app.context.store.voices.put(work, card)
    }
  })

  it('is measured for what it forgot, though nobody knows its pieces', async () => {
    const check = await app.handlers['voices.check']({ request: 'c', voice: work })
    expect(check).toMatchObject({ forgetting: { texts: 12 }, copying: null })
    expect(check.forgetting.voice - check.forgetting.base).toBeCloseTo(check.forgetting.worse.mean, 6)
    expect((await app.handlers['voices.tests']({ voice: work })).check).toEqual(check)
  })

  it('takes its mixes with it, its reports too, and leaves a trace of when it was on', async () => {
    await app.handlers['voices.use']({ voice: fiction })
    await app.handlers['voices.remove']({ voice: fiction })
    expect((await app.handlers['voices.list']({})).map(({ name }) => name)).toEqual(['Work'])
    const history = await app.handlers['voices.history']({})
    expect(history.map(({ name, there }) => [name, there])).toEqual([
      [null, true],
      ['Fiction', false],
      ['Work', true],
      ['Both', false],
    ])
  })
})
