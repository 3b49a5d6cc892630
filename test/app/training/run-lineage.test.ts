/** A run that goes on from a voice is proved on nothing that this voice, or one before it, has learnt. */
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { readLearned } from '../../../main/app/library/learned.ts'
import { ofKnownStart } from '../../../main/app/training/prove.ts'
import { learntBefore } from '../../../main/app/training/run-lineage.ts'
import { readProofQueries } from '../../../main/app/training/run-plan.ts'
import { say } from '../../../main/said.ts'
import { readPlan } from '../../../main/trainer/run-folder.ts'
import type { Proof } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { ends, QUICK, type TestApp, testApps, writeLedgers } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const template = path.join(root, 'template')
const { ready } = testApps(root, template, 'terminal')
/** Of the voice that all begin with; its run's note says what it learnt. */
let first: { voice: string; file: string }

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'one.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  const app = await createApp({ dataFolder: template, host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  await app.handlers['library.import']({ request: 'import', paths: [writeLedgers(path.join(root, 'writing'))] })
  const voice = await trained(app)
  first = { voice, file: path.join(template, 'voices', `${voice}.gguf`) }
  await app.close()
}, 240_000)

/** @param from the voice that it goes on from. @returns the new voice's id, which is its run's */
async function trained(app: TestApp, from?: string): Promise<string> {
  const end = ends(app)
  await app.handlers['train.start'](from === undefined ? QUICK : { ...QUICK, rank: undefined, from })
  const state = await end
  expect(state).toMatchObject({ stage: 'done', error: null })
  return String(state.voice)
}

/** Forty pieces that were written before all others. */
function olderPieces(name: string): string {
  const files = Array.from({ length: 40 }, (_, n): [string, string] => [
    `old-${n}.md`,
    post({ title: `Morning number ${n}`, date: new Date(Date.UTC(2015, 0, 1 + n)).toISOString().slice(0, 10) }, old(n)),
  ])
  return writeFiles(path.join(root, name), Object.fromEntries(files))
}
const old = (n: number): string => prose(n, 120).replaceAll(/[a-z]+/gi, `$&${'o'.repeat(n + 1)}`)

const learntBy = (app: TestApp, run: string): (string | null)[] =>
  (readLearned(app.training.folderOf(run))?.pieces ?? []).flatMap(({ part, document }) =>
    part === 'training' ? [document] : [],
  )
const heldOutBy = (app: TestApp, run: string): (string | null)[] =>
  (readLearned(app.training.folderOf(run))?.pieces ?? []).flatMap(({ part, document }) =>
    part === 'training' ? [] : [document],
  )

describe('a run that goes on from a voice', () => {
  it('is proved on nothing that any voice before it has learnt, under whatever file', async () => {
    const app = await ready()
    const learnt = learntBy(app, first.voice)
    expect(learnt).toHaveLength(10)
    const again = writeFiles(path.join(root, 'again'), {
      'fair copy.txt': post({ title: 'Fair copy', date: '2024-03-01' }, prose(3, 120)),
    })
    await app.handlers['library.import']({ request: 'older', paths: [olderPieces('older'), again] })
    const second = await trained(app, first.voice)
    const folder = app.training.folderOf(second)
    const titles = readProofQueries(folder).map(({ query }) => query.title)
    expect(titles).toEqual([10, 11, 12, 13].map((n) => `Ledger ${n} of the quay`))
    expect(heldOutBy(app, second).filter((document) => learnt.includes(document))).toEqual([])
    expect(learntBy(app, second)).toEqual(expect.arrayContaining(learnt))
    expect(readPlan(folder).about).toMatchObject({
      unknownStart: null,
      note: expect.stringMatching(/10 pieces that the voice it goes on from has learned are learned again/),
    })
    // What the second learnt and what the first did, both are known to a third.
    const before = learntBefore(app.context, second)
    expect(before.unknown).toBeNull()
    expect([...before.documents]).toEqual(expect.arrayContaining([...learnt, ...learntBy(app, second)]))
  }, 240_000)

  it('is refused where too few pieces are left that it does not know', async () => {
    const app = await ready()
    for (const document of heldOutBy(app, first.voice))
      await app.handlers['library.remove']({ document: String(document) })
    const start = app.handlers['train.start']({ ...QUICK, rank: undefined, from: first.voice })
    await expect(start).rejects.toMatchObject({
      name: 'TooFewPieces',
      message: expect.stringMatching(/of the 3 newest pieces, 0 are unknown to the voice .* takes at least 3/),
    })
    const options = { ...QUICK, rank: undefined, from: first.voice }
    expect(await app.handlers['train.forecast'](options)).toMatchObject({
      ready: false,
      said: { code: 'note.fewUnseen' },
    })
  }, 240_000)

  it('says so, and switches nothing on, where nobody knows what the voice has learnt', async () => {
    const app = await ready()
    await app.handlers['voices.remove']({ voice: first.voice })
    const imported = await app.handlers['voices.import']({ file: first.file })
    const second = await trained(app, imported.id)
    const { about } = readPlan(app.training.folderOf(second))
    expect(about.unknownStart).toBe(imported.name)
    expect(about.note).toMatch(/has learned is not known here/)
    const proof = await app.handlers['voices.proof']({ voice: second })
    expect(proof).toMatchObject({
      won: false,
      verdict: expect.stringMatching(/what that has learned is not known here/),
    })
    expect((await app.handlers['voices.list']({})).find((voice) => voice.id === second)).toMatchObject({
      active: false,
    })
    const won = { won: true, verdict: 'It won.', said: say('plain', 'It won.') } as Proof
    expect(ofKnownStart(won, about)).toMatchObject({ won: false, said: { code: 'proof.lost' } })
    expect(ofKnownStart(won, { unknownStart: null })).toBe(won)
  }, 240_000)
})
