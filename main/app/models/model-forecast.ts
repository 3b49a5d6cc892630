/**
 * What a model would be like here, from what was measured on this machine. Rules and arithmetic alone: nothing is read
 * or run. Where nothing was measured on a model itself, its figures are drawn from another's, and say so.
 */
import type { ModelForecast } from '../../../preload/contract.ts'
import type { ModelSpeed } from '../../inference/probe-types.ts'

/** Key of the store's settings: 10⁹ operations a second of the trainer's products on this machine. */
export const GFLOPS = 'models.gflops'

/** What decides a forecast, of one chat model. */
export interface ModelFacts {
  id: string
  /** Of its file. */
  bytes: number
  parameters: number | null
  trainable: boolean
  /** Of its keys and values at the context that the app opens, bytes. */
  contextBytes: number
  speed: ModelSpeed | null
  /** Tokens a second, as its last training went; null: there was none. */
  trainSpeed: number | null
  /** Of the training worker by its memory plan; null: it does not fit, or cannot be trained. */
  trainMemory: number | null
}

export interface MachineFacts {
  /** What the system would give at this moment, what is loaded of ours included. */
  availableBytes: number
  /** 10⁹ operations a second of the trainer's products; null before it was looked at. */
  gflops: number | null
  /** Tokens that a training on this library reads, all epochs together; null: there is nothing to learn from yet. */
  trainTokens: number | null
}

/** What Node, the window's host and llama.cpp's own buffers take beside weights and context. */
const BESIDE = 250e6
/** Left for everything else on the machine. */
const RESERVE = 1e9
/** Operations of a training step, a weight and token: forward, and backward through frozen weights (docs/notebook.md). */
const OPERATIONS = 4.24
/** Of the products' speed, what a whole step comes to. */
const SHARE = 0.6
/** A larger base is trained a little slower than its weights say: its matrices are streamed. */
const LARGER = 0.9
/** Below so many tokens a second, an answer is slower than reading: 10 are some 7 words. */
export const USABLE_SPEED = 10
/** Seconds of training that are still an evening. */
export const USABLE_TRAINING = 3 * 3600

export function chatMemoryOf({ bytes, contextBytes, speed }: ModelFacts): number {
  return Math.max(bytes + contextBytes + BESIDE, speed?.memoryBytes ?? 0)
}

/** Speeds drawn from the measured model that is nearest in size: reading weights takes the time, so bytes decide. */
function drawn(model: ModelFacts, all: ModelFacts[]): Pick<ModelSpeed, 'tokensPerSecond' | 'prefill'> | null {
  const measured = all.filter((other) => other.speed !== null)
  const distance = (other: ModelFacts): number => Math.abs(Math.log(other.bytes / model.bytes))
  const nearest = measured.sort((a, b) => distance(a) - distance(b))[0]
  if (!nearest?.speed) return null
  const ratio = nearest.bytes / model.bytes
  const weights = nearest.parameters && model.parameters ? nearest.parameters / model.parameters : ratio
  return { tokensPerSecond: nearest.speed.tokensPerSecond * ratio, prefill: nearest.speed.prefill * weights }
}

/** Tokens a second of a training on this model: its own last one, else another's by parameters, else by the products. */
export function trainSpeedOf(model: ModelFacts, all: ModelFacts[], machine: MachineFacts): number | null {
  if (model.trainSpeed !== null) return model.trainSpeed
  const { parameters } = model
  if (!parameters) return null
  const trained = all.find((other) => other.trainSpeed !== null && other.parameters !== null)
  if (trained?.trainSpeed && trained.parameters) {
    const ratio = trained.parameters / parameters
    return trained.trainSpeed * ratio * (ratio < 1 ? LARGER : 1)
  }
  return expectedTrainSpeed(machine.gflops, parameters)
}

/** Tokens a second of a training on a base of so many parameters, by the speed of the products alone. */
export function expectedTrainSpeed(gflops: number | null, parameters: number | null): number | null {
  if (!gflops || !parameters) return null
  return (gflops * 1e9 * SHARE) / (OPERATIONS * parameters)
}

export function forecastModel(model: ModelFacts, all: ModelFacts[], machine: MachineFacts): ModelForecast {
  const chatMemory = chatMemoryOf(model)
  const most = Math.max(chatMemory, model.trainMemory ?? 0)
  const room = machine.availableBytes
  const trainsHere = !model.trainable || model.trainMemory !== null
  const fits = chatMemory > room ? 'no' : trainsHere && most + RESERVE <= room ? 'easily' : 'tight'
  const speed = model.speed ?? drawn(model, all)
  const trainSpeed = model.trainable && model.trainMemory !== null ? trainSpeedOf(model, all, machine) : null
  return {
    model: model.id,
    fits,
    chatMemory,
    trainMemory: model.trainable ? model.trainMemory : null,
    chatTokensPerSecond: speed?.tokensPerSecond ?? null,
    prefill: speed?.prefill ?? null,
    trainSeconds: trainSpeed === null || machine.trainTokens === null ? null : machine.trainTokens / trainSpeed,
    measured: model.speed !== null,
  }
}

/**
 * The largest model that stays usable here: it fits with room to spare, answers at `USABLE_SPEED` or faster, and learns
 * this library within `USABLE_TRAINING`. Null while no speed is known, or where none does.
 */
export function recommendedOf(models: ModelFacts[], forecasts: ModelForecast[]): string | null {
  const usable = models.filter((model) => {
    const forecast = forecasts.find((each) => each.model === model.id)
    if (!forecast || !model.trainable || forecast.fits !== 'easily') return false
    if ((forecast.chatTokensPerSecond ?? 0) < USABLE_SPEED) return false
    return (forecast.trainSeconds ?? 0) <= USABLE_TRAINING
  })
  return usable.sort((a, b) => (b.parameters ?? b.bytes) - (a.parameters ?? a.bytes))[0]?.id ?? null
}
