/** Runs over a task adapter: resumed bit for bit, refused over another, used as they were trained; in the real worker. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256OfContent } from '../../main/adapters/share-voice.ts'
import { underOf, withTaskAdapter } from '../../main/adapters/task-adapter.ts'
import { readNumbers, readVoiceFile, readVoiceTensors } from '../../main/adapters/voice-file.ts'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { openBase } from '../../main/inference/base.ts'
import { disposeLlama } from '../../main/inference/llama.ts'
import type { Voices } from '../../main/inference/types.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { plainForms } from '../../main/model/weights.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { askForecast } from '../../main/trainer/forecast-client.ts'
import { forecast } from '../../main/trainer/memory-plan.ts'
import { createRun, readLog, readResult, voiceFile } from '../../main/trainer/run-folder.ts'
import { keepStart } from '../../main/trainer/start.ts'
import type { TrainSettings } from '../../main/trainer/types.ts'
import { frozenOf, keepUnder, underFile } from '../../main/trainer/under.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { killedAt, learnable, tinyPlan } from '../helpers/tiny-run.ts'

let device: Device
afterAll(async () => {
  device.free()
  await disposeLlama()
})

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
const examples = learnable(32, 'train')

interface Changes extends Partial<TrainSettings> {
  under?: string | null
  from?: string
  about?: string
}

function run(name: string, { under = task.file, from, about, ...settings }: Changes = {}): string {
  const folder = path.join(root, name)
  mkdirSync(folder)
  const kept = under === null ? {} : { under: keepUnder(folder, under) }
  const lineage = from === undefined ? {} : { lineage: keepStart(folder, from) }
  const plan = tinyPlan(base, { dropout: 0.1, epochs: 2, ...settings }, { train: 32, validation: 8 })
  createRun(
    folder,
    { ...plan, ...kept, ...lineage, about: { name: about ?? name } },
    examples,
    learnable(8, 'validation'),
  )
  return folder
}

/** Nats over an answer of 8 tokens. */
const farthest = (a: number[], b: number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))
const failed = (folder: string): Promise<unknown> => startTraining(folder).done.catch((error: unknown) => error)
const trained = async (name: string, changes: Changes = {}) => {
  const folder = run(name, changes)
  await startTraining(folder).done
  return { folder, file: voiceFile(folder), voice: readVoiceFile(voiceFile(folder)), log: readLog(folder) }
}

const task = { file: path.join(root, 'task.gguf') }
let whole: Awaited<ReturnType<typeof trained>>
beforeAll(async () => {
  device = openDevice({ threads: 1 })
  writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
  // A task adapter that was trained, not drawn: on other examples of the same task, of another rank and other targets.
  const settings = { rank: 4, alpha: 4, targets: ['q', 'v', 'up'], epochs: 4, dropout: 0 }
  const folder = run('task', { under: null, about: 'The task', ...settings })
  await startTraining(folder).done
  copyFileSync(voiceFile(folder), task.file)
  whole = await trained('whole')
})

describe('a run over a task adapter', () => {
  it('begins where the task adapter ended, not at the base', async () => {
    using engine = new Engine(device, readGguf(base), {
      weightType: TYPE.F32,
      capacity: 256,
      under: frozenOf(readVoiceFile(task.file)),
    })
    const first = await trained('one-step', { dropout: 0, batch: 32, epochs: 1 })
    const answers = examples.reduce((sum, { tokens, answerFrom }) => sum + tokens.length - answerFrom, 0)
    let nll = 0
    for (const example of examples) nll += await engine.measurePack(pack([example]))
    const alone = await trained('alone', { under: null, dropout: 0, batch: 32, epochs: 1 })
    expect(first.log[0]?.loss).toBeCloseTo(nll / answers, 3)
    expect((alone.log[0]?.loss ?? 0) - nll / answers).toBeGreaterThan(0.2)
    expect(whole.log.at(-1)?.loss).toBeLessThan(first.log[0]?.loss ?? 0)
  })

  it('notes it in the voice, which is used with it and with no other', () => {
    const origin = { name: 'The task', sha256: sha256OfContent(task.file), createdAt: '2026-01-01T00:00:00Z' }
    expect(underOf(whole.voice.extra)).toEqual(origin)
    expect(underOf(readVoiceFile(task.file).extra)).toBeNull()
    const other = path.join(root, 'other-task.gguf')
    randomVoice(other, base, { name: 'Another' })
    const use = { file: whole.file, scale: 0.5 }
    expect(withTaskAdapter(use, [other, task.file])).toEqual([{ file: task.file, scale: 1 }, use])
    expect(withTaskAdapter({ file: other, scale: 1 }, [])).toEqual([{ file: other, scale: 1 }])
    expect(() => withTaskAdapter(use, [other])).toThrow(
      new RegExp(`over the task adapter The task with SHA-256 ${origin.sha256}.*${sha256OfContent(other)}`),
    )
    expect(() => withTaskAdapter(use, [])).toThrow(/there are: none/)
  })

  it("gives llama.cpp, the voice laid over the task adapter, the engine's own scores", async () => {
    const queries = learnable(3, 'queries')
    const opened = await openBase(base, { threads: 1 })
    const score = async (voice: Voices | null): Promise<number[]> =>
      (await opened.score(queries, { voice })).map(({ nll }) => nll)
    const both = await score(withTaskAdapter({ file: whole.file, scale: 1 }, [task.file]))
    const alone = await score({ file: whole.file, scale: 1 })
    await opened.dispose()
    const { rank, alpha } = whole.voice
    using engine = new Engine(device, readGguf(base), {
      weightType: TYPE.F32,
      capacity: 96,
      under: frozenOf(readVoiceFile(task.file)),
      lora: { rank, alpha, targets: ['q', 'v', 'down'] },
    })
    engine.adapter?.put(readVoiceTensors(whole.voice).flatMap(({ a, b }) => [a, b]))
    const found: number[] = []
    for (const query of queries) found.push(await engine.measurePack(pack([query])))
    expect(farthest(found, both)).toBeLessThan(0.02)
    expect(farthest(found, alone)).toBeGreaterThan(0.2)
  })

  it.each(['ia3', 'prompt'] as const)(
    "gives llama.cpp the engine's own scores for voices of the kind %s, and no others mix with them",
    async (kind) => {
      const settings = {
        kind,
        virtualTokens: 4,
        lr: kind === 'ia3' ? 0.05 : 0.5,
        batch: 4,
        epochs: 6,
        dropout: 0,
        weightDecay: 0,
      }
      const { file, voice } = await trained(`over-${kind}`, settings)
      const queries = learnable(3, 'queries')
      const opened = await openBase(base, { threads: 1 })
      const score = async (voices: Voices): Promise<number[]> =>
        (await opened.score(queries, { voice: voices })).map(({ nll }) => nll)
      const both = await score(withTaskAdapter({ file, scale: 1 }, [task.file]))
      const [alone, below] = [await score({ file, scale: 1 }), await score({ file: task.file, scale: 1 })]
      const other = path.join(root, `beside-${kind}.gguf`)
      randomVoice(other, base)
      const mixed = score([
        { file: other, scale: 1 },
        { file, scale: 1 },
      ])
      await expect(mixed).rejects.toMatchObject({ name: 'VoicesDoNotMix' })
      await opened.dispose()
      using engine = new Engine(device, readGguf(base), {
        weightType: TYPE.F32,
        capacity: 96,
        under: frozenOf(readVoiceFile(task.file)),
        adapter: kind === 'ia3' ? { kind } : { kind, tokens: 4 },
      })
      const arrays = engine.adapter?.tensors ?? []
      engine.adapter?.put(arrays.map(({ name }) => readNumbers(voice, name)))
      const found: number[] = []
      for (const query of queries) found.push(await engine.measurePack(pack([query], engine.prefix)))
      expect(farthest(found, both)).toBeLessThan(0.02)
      expect(farthest(found, alone)).toBeGreaterThan(0.2)
      expect(farthest(found, below)).toBeGreaterThan(0.2)
    },
  )

  it('ends with the same bits when its worker is killed and the task adapter is gone', async () => {
    const copy = path.join(root, 'gone.gguf')
    copyFileSync(task.file, copy)
    // Long enough that it cannot end before its worker is killed.
    const long = await trained('unbroken', { epochs: 12, about: 'whole' })
    const broken = run('broken', { under: copy, about: 'whole', epochs: 12 })
    rmSync(copy)
    await killedAt(broken, [1, 4], (step) => ({ checkpointSeconds: step === 1 ? 3600 : 0 }))
    await startTraining(broken).done
    expect(readFileSync(voiceFile(broken)).equals(readFileSync(long.file))).toBe(true)
    expect(readLog(broken).map(({ loss, gradNorm }) => [loss, gradNorm])).toEqual(
      long.log.map(({ loss, gradNorm }) => [loss, gradNorm]),
    )
    expect(readResult(broken)?.bestValidation).toBe(readResult(long.folder)?.bestValidation)
  })

  it('goes on from a voice only over the same task adapter', async () => {
    const further = await trained('further', { from: whole.file, lr: 1e-12 })
    expect(underOf(further.voice.extra)).toEqual(underOf(whole.voice.extra))
    const none = `no task adapter`
    const named = `the task adapter The task \\(SHA-256 ${sha256OfContent(task.file)}\\)`
    expect(await failed(run('bare', { from: whole.file, under: null }))).toMatchObject({
      name: 'BadStart',
      message: expect.stringMatching(new RegExp(`trained over ${named}, this run is over ${none}`)),
    })
    const alone = path.join(root, 'alone', 'voice.gguf')
    expect(await failed(run('late', { from: alone }))).toMatchObject({
      message: expect.stringMatching(new RegExp(`trained over ${none}, this run is over ${named}`)),
    })
  })
})

describe('a task adapter is refused', () => {
  it('that is not the one of the plan, or gone', async () => {
    const folder = run('changed')
    randomVoice(underFile(folder), base)
    const [wanted, found] = [sha256OfContent(task.file), sha256OfContent(underFile(folder))]
    expect(await failed(folder)).toMatchObject({
      name: 'BadTaskAdapter',
      message: expect.stringContaining(`with SHA-256 ${wanted}, and has ${found}`),
    })
    rmSync(underFile(folder))
    expect(await failed(folder)).toMatchObject({ message: expect.stringContaining('and has nothing') })
    expect(existsSync(voiceFile(folder))).toBe(false)
  })

  it('that is for another base', async () => {
    const wider = path.join(root, 'wider.gguf')
    const voice = path.join(root, 'wider-task.gguf')
    writeTinyModel(wider, { width: 128, ff: 128 })
    randomVoice(voice, wider)
    expect(await failed(run('misfit', { under: voice }))).toMatchObject({ name: 'VoiceMismatch' })
  })

  it('that is no LoRA, or lies over another itself', async () => {
    const folder = run('ia3', { under: null, kind: 'ia3' })
    await startTraining(folder).done
    expect(() => keepUnder(root, voiceFile(folder))).toThrow(/of the kind ia3, only LoRA can/)
    expect(() => keepUnder(root, whole.file)).toThrow(/over the task adapter The task/)
    expect(existsSync(underFile(root))).toBe(false)
  })
})

it('is counted in the forecast: as many bytes as its pairs take', async () => {
  const under = frozenOf(readVoiceFile(task.file))
  const question = {
    device,
    gguf: readGguf(base),
    forms: plainForms(TYPE.F32),
    adapter: { kind: 'lora', rank: 8, alpha: 8, targets: ['q'] } as const,
    dropout: 0,
    longestRows: 64,
    before: 0,
  }
  const adapter = { ...question.adapter, targets: ['q' as const] }
  const plan = { capacity: 256, recomputed: 0, streamed: { blocks: 0, head: false } }
  const without = await forecast({ ...question, adapter }, plan)
  const withIt = await forecast({ ...question, adapter, under }, plan)
  // Rank 4 is padded to 8; what graphs hold between may grow a little, too.
  const held = under.reduce((sum, { inputs, outputs }) => sum + 4 * 8 * (inputs + outputs), 0)
  expect(withIt - without).toBeGreaterThanOrEqual(held)
  expect(withIt - without).toBeLessThan(held + 2e6)
  const { settings } = tinyPlan(base, {}, { train: 1, validation: 0 })
  const ask = (file: string) => askForecast({ file: base, settings, under: file, longest: 64, lengths: [64] })
  expect((await ask(task.file)).forecastBytes).toBeGreaterThan(held)
  await expect(ask(path.join(root, 'nowhere.gguf'))).rejects.toThrow(/nowhere.gguf/)
})
