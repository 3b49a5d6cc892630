import { cpSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { shownBeside } from '../../../main/app/library/shown.ts'
import { readProofQueries } from '../../../main/app/training/run-plan.ts'
import { trainingProfiles } from '../../../main/app/voices/profiles.ts'
import { DEFAULT_PROMPT } from '../../../main/examples/defaults.ts'
import { createPromptBuilder } from '../../../main/examples/prompt.ts'
import { PROFILE_LABEL } from '../../../main/examples/tasks.ts'
import { readExamples } from '../../../main/trainer/examples-file.ts'
import { examplesFile, readPlan } from '../../../main/trainer/run-folder.ts'
import type { Profile, TrainOptions } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
const model = path.join(root, 'tiny.gguf')
const template = path.join(root, 'template')
/** Of 14 pieces the last 3 are for the proof, and the one before them for the validation. */
const PIECES = 14
const HELD_OUT = 4
const TRAIN: TrainOptions = { tasks: ['headline'], profile: true, epochs: 1, batch: 4, rank: 2, threads: 1, seed: 1 }
const OWN = 'Writes of quays, dryly, and never in more than six words.'

type App = Awaited<ReturnType<typeof createApp>>
const open: App[] = []
let folders = 0

function pieces(name: string, count: number, year: number, title: (n: number) => string): string {
  const files = Array.from({ length: count }, (_, n): [string, string] => [
    `${n}.md`,
    post(
      {
        title: title(n),
        date: `${year}-02-${String(n + 1).padStart(2, '0')}`,
        tags: '[sea]',
        rating: String(1 + (n % 5)),
      },
      prose(n + year, 320),
    ),
  ])
  return writeFiles(path.join(root, name), Object.fromEntries(files))
}

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(model, { context: 1024, vocabulary: 400 })
  const app = await createApp({ dataFolder: template, host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: model, as: 'chat' })
  const folder = pieces('writing', PIECES, 2024, (n) =>
    n < PIECES - HELD_OUT ? `Ledger of quay ${n}` : `Canary of cage ${n}`,
  )
  await app.handlers['library.import']({ request: 'import', paths: [folder] })
  await app.close()
})

afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
})

/** An app on a copy of the library, with the base in use. */
async function ready(): Promise<App> {
  const data = path.join(root, `data-${folders++}`)
  cpSync(template, data, { recursive: true })
  const app = await createApp({ dataFolder: data, host: 'terminal' })
  open.push(app)
  return app
}

const shown = async (app: App, profile?: boolean) => {
  const { prompt } = await shownBeside(
    app.context,
    'headline',
    'A new piece.',
    { profile },
    new AbortController().signal,
  )
  return prompt.profile ?? null
}

/** Resolves when the run of the app is over, with its folder. */
async function trained(app: App, options: TrainOptions): Promise<string> {
  const over = new Promise<void>((resolve) => {
    app.events.on((name, event) => {
      if (name === 'train.state' && 'stage' in event && ['done', 'failed'].includes(event.stage)) resolve()
    })
  })
  const { run } = await app.handlers['train.start'](options)
  await over
  expect(app.training.current()).toMatchObject({ stage: 'done' })
  return app.training.folderOf(run)
}

describe('a profile', () => {
  it('is written from what training learns from, kept over a restart, and streamed when the base writes', {
    timeout: 120_000,
  }, async () => {
    const app = await ready()
    expect(await app.handlers['profile.get']({ task: 'headline' })).toBeNull()
    const written = await app.handlers['profile.write']({ request: 'p', task: 'headline', by: 'counts' })
    expect(written).toMatchObject({ task: 'headline', by: 'counts', base: null })
    expect(written.text).toMatch(/Titles of about 4 words.*Often begin: “Ledger of quay”/)
    expect(written.text).not.toMatch(/canary|cage/i)
    expect(written.pieces).toHaveLength(PIECES - HELD_OUT)
    const chunks: string[] = []
    app.events.on((name, event) => {
      if (name === 'stream' && 'text' in event && event.request === 'q') chunks.push(event.text)
    })
    await app.handlers['profile.write']({ request: 'q', task: 'tag', by: 'model' })
    expect(chunks.join('')).not.toBe('')
    const { folder } = app.context.store
    await app.close()
    const again = await createApp({ dataFolder: folder, host: 'terminal' })
    open.push(again)
    expect(await again.handlers['profile.get']({ task: 'headline' })).toEqual(written)
  })

  it('can be stopped while it is written, and is then as it was', async () => {
    const app = await ready()
    app.events.on((name) => {
      if (name === 'stream') void app.handlers['request.cancel']({ request: 'p' })
    })
    await expect(app.handlers['profile.write']({ request: 'p', task: 'prose', by: 'model' })).rejects.toThrow(
      'it was cancelled',
    )
    expect(await app.handlers['profile.get']({ task: 'prose' })).toBeNull()
  })

  it('in the owner’s words is replaced only when that is asked for', async () => {
    const app = await ready()
    const set = await app.handlers['profile.set']({ task: 'headline', text: `  ${OWN.replace(', ', ',\n\n')} ` })
    expect(set).toMatchObject({ text: OWN, by: 'owner', pieces: [] })
    const write = (replace?: boolean) =>
      app.handlers['profile.write']({ request: 'p', task: 'headline', by: 'counts', ...(replace ? { replace } : {}) })
    await expect(write()).rejects.toMatchObject({ name: 'OwnProfile' })
    expect(await app.handlers['profile.get']({ task: 'headline' })).toEqual(set)
    expect((await write(true)).by).toBe('counts')
    // Saved as it was, it is not the owner's.
    const { text } = (await app.handlers['profile.get']({ task: 'headline' })) as Profile
    expect((await app.handlers['profile.set']({ task: 'headline', text }))?.by).toBe('counts')
    const edited = await app.handlers['profile.set']({ task: 'headline', text: `${text} Dry.` })
    expect(edited).toMatchObject({ by: 'owner', pieces: expect.arrayContaining([expect.any(String)]) })
    expect(await app.handlers['profile.set']({ task: 'headline', text: ' ' })).toBeNull()
    expect(await app.handlers['profile.get']({ task: 'headline' })).toBeNull()
  })

  it('edited while the base writes is not lost', { timeout: 120_000 }, async () => {
    const app = await ready()
    app.events.on((name) => {
      if (name === 'stream') void app.handlers['profile.set']({ task: 'headline', text: OWN })
    })
    const write = app.handlers['profile.write']({ request: 'p', task: 'headline', by: 'model', replace: true })
    await expect(write).rejects.toMatchObject({ name: 'OwnProfile' })
    expect((await app.handlers['profile.get']({ task: 'headline' }))?.text).toBe(OWN)
  })

  it('refuses what it cannot be: another task, another writer, a book, nothing to write from', async () => {
    const app = await ready()
    const bad = { name: 'BadOption' }
    await expect(app.handlers['profile.get']({ task: 'poem' as 'prose' })).rejects.toMatchObject(bad)
    await expect(
      app.handlers['profile.write']({ request: 'p', task: 'tag', by: 'me' as 'model' }),
    ).rejects.toMatchObject(bad)
    await expect(app.handlers['profile.set']({ task: 'tag', text: 'x'.repeat(5000) })).rejects.toMatchObject({
      name: 'ProfileTooLong',
    })
    for (const { id } of (await app.handlers['library.list']({})).documents) {
      await app.handlers['library.setStatus']({ document: id, status: 'excluded' })
    }
    await expect(app.handlers['profile.write']({ request: 'p', task: 'rate' })).rejects.toMatchObject({
      name: 'NothingToProfile',
    })
  })

  it('is shown where it is on, by the settings or the call', async () => {
    const app = await ready()
    expect(await shown(app)).toBeNull()
    await expect(shown(app, true)).rejects.toMatchObject({ name: 'NoProfile' })
    await app.handlers['profile.set']({ task: 'headline', text: OWN })
    expect(await shown(app)).toBeNull()
    expect(await shown(app, true)).toBe(OWN)
    await app.handlers['app.set']({ profile: true })
    expect(await shown(app)).toBe(OWN)
    expect(await shown(app, false)).toBeNull()
    // On, but never written for prose: chat goes on without.
    await app.handlers['chat.send']({ request: 'c', text: 'Hello', maxTokens: 2, seed: 1 })
  })
})

describe('training with a profile', () => {
  it('has one and the same in every prompt, also in the proof', { timeout: 120_000 }, async () => {
    const app = await ready()
    // A forecast writes nothing.
    expect(await app.handlers['train.forecast'](TRAIN)).toMatchObject({ ready: true })
    expect(await app.handlers['profile.get']({ task: 'headline' })).toBeNull()
    const folder = await trained(app, TRAIN)
    const kept = (await app.handlers['profile.get']({ task: 'headline' })) as Profile
    expect(readPlan(folder).about.profiles).toEqual({ headline: kept.text })
    const proof = await app.handlers['voices.proof']({ voice: path.basename(folder) })
    await app.context.bases.withBase(async (base) => {
      const start = base
        .detokenize(
          createPromptBuilder(base).prompt({ task: 'headline', input: '' }, [], {
            ...DEFAULT_PROMPT.headline,
            profile: kept.text,
          }),
        )
        .split('\n\n')[0] as string
      expect(start.startsWith(`${PROFILE_LABEL} ${kept.text.slice(0, 20)}`)).toBe(true)
      const { train, validation } = readExamples(examplesFile(folder))
      expect(train.length).toBeGreaterThan(0)
      for (const { tokens } of [...train, ...validation]) expect(base.detokenize(tokens).startsWith(start)).toBe(true)
      const builder = createPromptBuilder(base)
      const [{ query }] = readProofQueries(folder) as [ReturnType<typeof readProofQueries>[number]]
      const scored = async (profile: string | null) => {
        const example = builder.example(query, [], { ...DEFAULT_PROMPT.headline, maxTokens: base.contextSize, profile })
        const [score] = await base.score([example])
        return (score?.nll ?? Number.NaN) / (score?.tokens ?? 1)
      }
      const item = proof?.items.find(({ document }) => document === query.document)
      expect(item?.base).toBeCloseTo(await scored(kept.text), 3)
      expect(item?.base).not.toBeCloseTo(await scored(null), 3)
    })
  })

  it('is the owner’s, where they edit it while the run’s is written', async () => {
    const app = await ready()
    const { context, handlers } = app
    await context.bases.withBase(async (base) => {
      const writing = trainingProfiles(context, ['headline'], true, { base, id: 'tiny', writing: true })
      await handlers['profile.set']({ task: 'headline', text: OWN })
      expect(await writing).toEqual({ headline: OWN })
    })
    expect(await handlers['profile.get']({ task: 'headline' })).toMatchObject({ text: OWN, by: 'owner' })
  })

  it('has none without', { timeout: 120_000 }, async () => {
    const app = await ready()
    await app.handlers['profile.set']({ task: 'headline', text: OWN })
    const folder = await trained(app, { ...TRAIN, profile: false })
    expect(readPlan(folder).about.profiles).toEqual({})
    await app.context.bases.withBase(async (base) => {
      for (const { tokens } of readExamples(examplesFile(folder)).train)
        expect(base.detokenize(tokens)).not.toContain(PROFILE_LABEL)
    })
  })

  it('does not show what the run holds out, however the library has grown since', { timeout: 120_000 }, async () => {
    const app = await ready()
    const before = await app.handlers['profile.write']({ request: 'p', task: 'headline', by: 'counts' })
    // Ten older pieces: two that were learnt from are now held out.
    const folder = pieces('older', 10, 2020, (n) => `Older rope of barge ${n}`)
    await app.handlers['library.import']({ request: 'older', paths: [folder] })
    const edited = await app.handlers['profile.set']({ task: 'headline', text: `${before.text} Dry.` })
    await expect(app.handlers['train.start'](TRAIN)).rejects.toMatchObject({ name: 'ProfileTooNew' })
    expect(await app.handlers['profile.get']({ task: 'headline' })).toEqual(edited)
    app.context.store.settings.set('profile.headline', before)
    const run = await trained(app, TRAIN)
    const after = (await app.handlers['profile.get']({ task: 'headline' })) as Profile
    expect(after).toMatchObject({ by: 'counts', text: expect.stringContaining('Older rope of') })
    expect(readPlan(run).about.profiles).toEqual({ headline: after.text })
    const heldOut = readProofQueries(run).map(({ query }) => query.document)
    expect(before.pieces.some((id) => !after.pieces.includes(id))).toBe(true)
    for (const id of heldOut) expect(after.pieces).not.toContain(id)
  })
})
