/** Chooses how a run will compute, on the device that is open; see `engine-choice.ts` for what is chosen. */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { TYPE } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { AdapterSpec } from '../model/adapter.ts'
import { ALIGN, rowsOf } from '../model/batch.ts'
import type { FrozenPair } from '../model/frozen-lora.ts'
import type { Hyperparameters } from '../model/hyperparameters.ts'
import { prefixOf } from './adapter-of.ts'
import type { EngineChoice } from './engine-choice.ts'
import { worthwhileLanes } from './lanes.ts'
import { lanesThatFit, type MemoryQuestion, planMemory } from './memory-plan.ts'
import type { RunPlan, TokenExample } from './types.ts'
import { chooseForms, type FormChoice, formsOf, measuredForms, productsOf, typeOfMatrices } from './weight-forms.ts'

export interface EngineQuestion {
  device: Device
  plan: RunPlan
  gguf: GgufFile
  h: Hyperparameters
  adapter: AdapterSpec
  under: FrozenPair[] | null
  /** What is trained on. */
  train: readonly TokenExample[]
  validation: readonly TokenExample[]
  /** Resident bytes before the device was opened. */
  nodeBytes: number
  /** Bytes that the run may take; undefined: what is free. */
  cap: number | undefined
  /** File of measurements that earlier runs kept, or null. */
  measurements: string | null
}

/**
 * Measures the device, or takes what was measured before, and plans memory for the longest example.
 * @throws IdiolectError `TooLong` for an example longer than the base's context, `NotEnoughMemory`
 */
export async function chooseEngine(question: EngineQuestion): Promise<EngineChoice> {
  const { device, plan, gguf, h, adapter, train, validation, nodeBytes } = question
  const prefix = prefixOf(adapter)
  const tokens = prefix + Math.max(...[...train, ...validation].map((example) => example.tokens.length))
  if (tokens > h.context) {
    throw new IdiolectError(
      'TooLong',
      `an example has ${tokens} tokens, the base's context is ${h.context}`,
      'Lower --max-tokens.',
    )
  }
  const own = typeOfMatrices(gguf)
  const { threads, batch } = plan.settings
  const measured = own === 'F32' ? [] : measuredForms(device, productsOf(gguf), threads, question.measurements)
  const forms = chooseForms(device, own, measured)
  const rows = train.map((example) => rowsOf(example, prefix))
  const memory = await planMemory({
    ...memoryQuestion(question, forms),
    lanes: worthwhileLanes({ threads, batch, rows }),
  })
  return { forms, ...memory, device: device.kind, nodeBytes }
}

/** Lanes of a choice that was made in another sitting which there is memory for in this one; at least 1. */
export function lanesNow(question: EngineQuestion, kept: EngineChoice): Promise<number> {
  return lanesThatFit(memoryQuestion(question, kept.forms), kept)
}

function memoryQuestion(question: EngineQuestion, forms: FormChoice): MemoryQuestion {
  const { device, plan, gguf, adapter, under, train, validation, nodeBytes, cap } = question
  const prefix = prefixOf(adapter)
  return {
    device,
    gguf,
    forms: formsOf(forms),
    productType: TYPE[forms.productType],
    adapter,
    under,
    dropout: plan.settings.dropout,
    longestRows: Math.max(ALIGN, ...[...train, ...validation].map((example) => rowsOf(example, prefix))),
    before: nodeBytes,
    opened: process.memoryUsage().rss - nodeBytes,
    ...(cap === undefined ? {} : { cap }),
  }
}
