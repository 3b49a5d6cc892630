/**
 * Forecasts of the catalog's models on this machine: gathers what was measured, asks the trainer's worker once a sitting
 * for what trainings would take, and measures a model when asked to.
 */
import { statfs } from 'node:fs/promises'
import type { Handlers, ModelForecasts } from '../../../preload/contract.ts'
import { availableMemory } from '../../available-memory.ts'
import type { CatalogModel } from '../../catalog/catalog.ts'
import type { ModelShape } from '../../catalog/manifest.ts'
import { IdiolectError } from '../../errors.ts'
import { defaultSettings, MOST_UNASKED } from '../../examples/defaults.ts'
import { readGguf } from '../../gguf/read.ts'
import { measureModel } from '../../inference/probe.ts'
import type { ModelSpeed } from '../../inference/probe-types.ts'
import { machineThreads } from '../../inference/threads.ts'
import type { Architecture } from '../../model/architectures.ts'
import { readHyperparameters } from '../../model/hyperparameters.ts'
import { deviceSpeeds } from '../../trainer/device-speeds.ts'
import { askMachine } from '../../trainer/forecast-client.ts'
import type { AppContext } from '../context.ts'
import type { Training } from '../training/training.ts'
import { forecastModel, GFLOPS, type MachineFacts, type ModelFacts, recommendedOf } from './model-forecast.ts'
import { trainability } from './trainability.ts'

const CHAT_SPEED = 'models.speed'
/** Where train-forecast.ts keeps how fast a base was trained. */
const TRAIN_SPEED = 'speed'
/** Tokens of the app's own context, and of the longest example. */
const CONTEXT = 2048
const LONGEST = 512
/** Of the shape whose products are timed: the starter's. */
const TIMED = { width: 576, ff: 1536 }
/** Left to the system when it is asked what a training may take. */
const RESERVE = 1 << 30

type Trained = Map<string, number | null>

export function forecastHandlers(
  context: AppContext,
  training: Training,
): Pick<Handlers, 'models.forecast' | 'models.measure'> {
  const { store, catalog, bases, requests } = context
  let looked: { models: string; found: Promise<{ gflops: number; memory: Trained }> } | null = null
  let tokensOf: { key: string; tokens: number | null } | null = null

  const chatModels = (): CatalogModel[] => catalog.listModels().filter(({ role }) => role === 'chat')
  const speedOf = ({ sha256 }: CatalogModel): ModelSpeed | null =>
    sha256 ? store.settings.get<ModelSpeed>(`${CHAT_SPEED}.${sha256}`) : null
  const trainSpeedOf = ({ sha256 }: CatalogModel): number | null =>
    sha256
      ? (store.settings.get<{ tokensPerSecond: number }>(`${TRAIN_SPEED}.${sha256}`)?.tokensPerSecond ?? null)
      : null

  /** Once a sitting, and again for a file of the owner's that came since: it takes seconds, and is the machine's own. */
  const look = (): Promise<{ gflops: number; memory: Trained }> => {
    const models = chatModels()
      .map(({ id }) => id)
      .join(' ')
    if (looked?.models === models) return looked.found
    const found = lookOnce().catch((error: unknown) => {
      if (looked?.found === found) looked = null
      throw error
    })
    looked = { models, found }
    return found
  }
  const lookOnce = async (): Promise<{ gflops: number; memory: Trained }> => {
    const threads = machineThreads().train
    const models = chatModels().flatMap((model) => {
      if (!trainability(model).trainable) return []
      const file = model.path ?? outlineOf(model)
      return file === null ? [] : [{ id: model.id, file }]
    })
    const [examples, tokens] = [200, 60_000]
    const settings = defaultSettings({ examples, tokens, threads })
    const lengths = Array.from({ length: examples }, () => tokens / examples)
    const memoryCap = availableMemory() - RESERVE
    const measurements = deviceSpeeds(store)
    const { gflops, forecastBytes } = await askMachine({
      ...TIMED,
      threads,
      measurements,
      forecasts: models.map(({ file }) => ({ file, settings, longest: LONGEST, lengths, memoryCap, measurements })),
    })
    // For the forecast of a base that was never trained on yet.
    store.settings.set(GFLOPS, gflops)
    return { gflops, memory: new Map(models.map(({ id }, i) => [id, forecastBytes[i] ?? null])) }
  }

  /** Tokens that a training of the usual tasks reads, all epochs together. */
  const trainTokens = async (): Promise<number | null> => {
    const pieces = store.documents.mine()
    const key = JSON.stringify([pieces.length, bases.chosen('chat')?.id])
    if (tokensOf?.key === key) return tokensOf.tokens
    // The base is the training's then: counting on it would hold the training up.
    const stage = training.current()?.stage
    if (stage === 'preparing' || stage === 'training' || stage === 'proving') return roughTokens(pieces)
    const forecast = bases.chosen('chat') ? await training.handlers['train.forecast']({}).catch(() => null) : null
    const tokens = forecast?.ready ? forecast.tokens : roughTokens(pieces)
    tokensOf = { key, tokens }
    return tokens
  }

  const facts = (memory: Trained): ModelFacts[] =>
    chatModels().map((model) => ({
      id: model.id,
      bytes: model.bytes,
      parameters: model.parameters,
      trainable: trainability(model).trainable,
      contextBytes: contextBytesOf(model),
      speed: speedOf(model),
      trainSpeed: trainSpeedOf(model),
      trainMemory: memory.get(model.id) ?? null,
    }))

  const forecasts = async (): Promise<ModelForecasts> => {
    const [{ gflops, memory }, tokens, freeDiskBytes] = await Promise.all([
      look(),
      trainTokens(),
      freeDisk(store.folder),
    ])
    const machine: MachineFacts = { availableBytes: availableMemory(), gflops, trainTokens: tokens }
    const all = facts(memory)
    const models = all.map((model) => forecastModel(model, all, machine))
    const recommended = recommendedOf(all, models)
    return { models, recommended, availableBytes: machine.availableBytes, freeDiskBytes }
  }

  return {
    'models.forecast': forecasts,
    'models.measure': ({ request, model: id }) =>
      requests.run(request, async (signal) => {
        const model = catalog.findModel(id)
        if (model.role !== 'chat')
          throw new IdiolectError('NotABase', `${model.name} is an embedder, which writes no text`, null)
        if (!model.path || !model.sha256)
          throw new IdiolectError('NotInstalled', `${model.name} is not on this machine yet`, 'Get it first.')
        const { path: file } = model
        // Passages that get their vectors meanwhile made a base look ten times slower.
        const speed = await bases.alone(() => measureModel(file, { signal }))
        store.settings.set(`${CHAT_SPEED}.${model.sha256}`, speed)
        const found = (await forecasts()).models.find((each) => each.model === id)
        if (!found) throw new IdiolectError('UnknownModel', `${id} is not in the catalog any more`, null)
        return found
      }),
  }
}

async function freeDisk(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

function outlineOf({ architecture, shape }: CatalogModel): { architecture: Architecture; shape: ModelShape } | null {
  return shape === null ? null : { architecture: architecture as Architecture, shape }
}

/** Keys and values in 16 bits. */
function contextBytesOf({ shape, path: file }: CatalogModel): number {
  const known = shape ?? shapeOfFile(file)
  return known === null ? 0 : 2 * known.blocks * known.kvHeads * known.headSize * 2 * CONTEXT
}

function shapeOfFile(file: string | null): Pick<ModelShape, 'blocks' | 'kvHeads' | 'headSize'> | null {
  try {
    return file === null ? null : readHyperparameters(readGguf(file))
  } catch {
    return null
  }
}

/** Before a base is here to count them: as many examples as an unasked training takes, each as long as it may be, as often. */
export function roughTokens(pieces: readonly { text: string }[]): number | null {
  if (pieces.length < 8) return null
  const tokens = (text: string): number => Math.min(LONGEST, text.length / 4)
  const all = pieces.reduce((sum, { text }) => sum + tokens(text), 0)
  const mean = all / pieces.length
  const headlines = Math.min(MOST_UNASKED.headline, pieces.length)
  const prose = Math.min(MOST_UNASKED.prose, pieces.length)
  const once = headlines * mean + prose * LONGEST
  const { epochs } = defaultSettings({ examples: headlines + prose, tokens: once, threads: 1 })
  return Math.round(once * epochs)
}
