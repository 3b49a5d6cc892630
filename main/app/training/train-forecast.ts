/** What a training would learn and take, or why it cannot begin, before anything is written. */
import { statSync } from 'node:fs'
import type { TrainingForecast, TrainOptions } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { machineThreads } from '../../inference/threads.ts'
import { saidOf } from '../../said.ts'
import { deviceSpeeds } from '../../trainer/device-speeds.ts'
import { askForecast } from '../../trainer/forecast-client.ts'
import type { TrainResult } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import { expectedTrainSpeed, GFLOPS } from '../models/model-forecast.ts'
import { type InstalledBase, trainableBase } from './run-base.ts'
import { checkOptions, forecastOf, type PreparedRun } from './run-plan.ts'
import { prepareVoice } from './run-prepare.ts'
import { startOf } from './run-start.ts'
import { taskAdapterFor } from './task-adapters.ts'

/** Errors that a forecast answers with instead of failing. */
const NOT_READY = ['TooFewPieces', 'NoModel', 'NotTrainable', 'NotEnoughMemory']
const SPEED = 'speed'

/** Bytes of a prepared run by the memory plan; remembered by what decides them, since asking takes a second. */
export type MemoryOf = (
  run: PreparedRun,
  model: InstalledBase,
  under: string | null,
  measurements: string,
) => Promise<number>

export function rememberedMemory(): MemoryOf {
  const forecasts = new Map<string, number>()
  return async ({ settings, train, validation }, model, under, measurements) => {
    const lengths = train.map(({ example }) => example.tokens.length)
    const longest = Math.max(...lengths, ...validation.map(({ tokens }) => tokens.length))
    // A first training measures the device.
    const measuredAt = statSync(measurements, { throwIfNoEntry: false })?.mtimeMs
    const key = JSON.stringify([model.sha256, longest, lengths, settings, under, measuredAt])
    const known = forecasts.get(key)
    if (known !== undefined) return known
    const { forecastBytes } = await askForecast({
      file: model.path,
      settings,
      longest,
      lengths,
      measurements,
      ...(under === null ? {} : { under }),
    })
    forecasts.set(key, forecastBytes)
    return forecastBytes
  }
}

export async function forecast(
  context: AppContext,
  options: TrainOptions,
  memoryOf: MemoryOf,
): Promise<TrainingForecast> {
  try {
    checkOptions(options)
    const model = trainableBase(context)
    const speed =
      context.store.settings.get<{ tokensPerSecond: number }>(`${SPEED}.${model.sha256}`) ??
      expectedSpeed(context, model)
    const from = startOf(context, model, options)
    const under = taskAdapterFor(context, from.options, model, from.file)
    const run = await prepareVoice(context, from.options, model, false)
    return forecastOf(run, speed, await memoryOf(run, model, under, deviceSpeeds(context.store)))
  } catch (error) {
    if (!(error instanceof IdiolectError) || !NOT_READY.includes(error.name)) throw error
    return {
      ready: false,
      why: `${error.message}.${error.next ? ` ${error.next}` : ''}`,
      said: saidOf(error),
      pieces: context.store.documents.mine().length,
      examples: { train: 0, validation: 0, proof: 0 },
      tokens: 0,
      steps: 0,
      seconds: null,
      memoryBytes: null,
      options: {
        rank: 8,
        alpha: 8,
        targets: ['q', 'v'],
        lr: 2e-3,
        epochs: 2,
        batch: 16,
        seed: 1,
        threads: machineThreads().train,
      },
    }
  }
}

/** Of a base that was never trained on here: by what this machine's products were measured at, if they were. */
function expectedSpeed({ store }: AppContext, { parameters }: InstalledBase): { tokensPerSecond: number } | null {
  const tokensPerSecond = expectedTrainSpeed(store.settings.get<number>(GFLOPS), parameters)
  return tokensPerSecond === null ? null : { tokensPerSecond }
}

/** For the next forecast on this base. */
export function rememberSpeed({ store }: AppContext, baseSha256: string, result: TrainResult): void {
  store.settings.set(`${SPEED}.${baseSha256}`, { tokensPerSecond: result.tokensPerSecond })
}
