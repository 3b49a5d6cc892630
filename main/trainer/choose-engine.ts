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
import { ofAStep, worthwhileLanes } from './lanes.ts'
import { planMemory } from './memory-plan.ts'
import type { RunPlan, TokenExample } from './types.ts'
import { chooseForms, formsOf, measuredForms, productsOf, typeOfMatrices } from './weight-forms.ts'

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
  const { device, plan, gguf, h, adapter, under, train, validation, nodeBytes, cap } = question
  const examples = [...train, ...validation]
  const prefix = prefixOf(adapter)
  const longest = Math.max(ALIGN, ...examples.map((example) => rowsOf(example, prefix)))
  const tokens = prefix + Math.max(...examples.map((example) => example.tokens.length))
  if (tokens > h.context) {
    throw new IdiolectError(
      'TooLong',
      `an example has ${tokens} tokens, the base's context is ${h.context}`,
      'Lower --max-tokens.',
    )
  }
  const own = typeOfMatrices(gguf)
  const { threads } = plan.settings
  const measured = own === 'F32' ? [] : measuredForms(device, productsOf(gguf), threads, question.measurements)
  const forms = chooseForms(device, own, measured)
  const trainRows = train.reduce((sum, example) => sum + rowsOf(example, prefix), 0)
  const memory = await planMemory({
    device,
    gguf,
    forms: formsOf(forms),
    productType: TYPE[forms.productType],
    adapter,
    under,
    dropout: plan.settings.dropout,
    longestRows: longest,
    lanes: worthwhileLanes(threads, ofAStep(trainRows, train.length, plan.settings.batch)),
    before: nodeBytes,
    opened: process.memoryUsage().rss - nodeBytes,
    ...(cap === undefined ? {} : { cap }),
  })
  return { forms, ...memory, device: device.kind, nodeBytes }
}
