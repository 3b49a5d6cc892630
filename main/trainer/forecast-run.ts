/** The worker's answer to what a run would take that is not prepared yet: a memory plan, without measuring the device. */

import { readVoiceFile } from '../adapters/voice-file.ts'
import { openDevice } from '../ggml/open.ts'
import { TYPE } from '../ggml/types.ts'
import { readGguf } from '../gguf/read.ts'
import { rowsOfTokens } from '../model/batch.ts'
import { outlineOf } from '../model/outline.ts'
import { adapterOf, prefixOf } from './adapter-of.ts'
import { worthwhileLanes } from './lanes.ts'
import { type Forecast, planMemory } from './memory-plan.ts'
import type { ForecastQuestion, MachineAnswer, MachineQuestion } from './messages.ts'
import { frozenOf } from './under.ts'
import {
  chooseForms,
  formsOf,
  keptForms,
  measuredForms,
  productsOf,
  typeOfMatrices,
  usualForms,
} from './weight-forms.ts'

/** @throws IdiolectError `NotEnoughMemory`; `BadGguf` or `NotCarried` for a base that cannot be trained on */
export async function forecastRun(question: ForecastQuestion): Promise<Forecast> {
  const { file, settings, under, longest, lengths, memoryCap, measurements } = question
  const { threads, batch } = settings
  const before = process.memoryUsage().rss
  const device = openDevice({ variant: settings.device ?? 'cpu', threads: 1 })
  try {
    const gguf = typeof file === 'string' ? readGguf(file) : outlineOf(file.architecture, file.shape)
    const adapter = adapterOf(settings)
    const prefix = prefixOf(adapter)
    const own = typeOfMatrices(gguf)
    const measured = measurements === undefined ? null : keptForms(device, productsOf(gguf), threads, measurements)
    const forms = measured ? chooseForms(device, own, measured) : usualForms(own)
    return await planMemory({
      device,
      gguf,
      forms: formsOf(forms),
      productType: TYPE[forms.productType],
      adapter,
      under: under === undefined ? null : frozenOf(readVoiceFile(under)),
      dropout: settings.dropout,
      lanes: worthwhileLanes({ threads, batch, rows: lengths.map((length) => rowsOfTokens(length, prefix)) }),
      longestRows: rowsOfTokens(longest, prefix),
      before,
      ...(memoryCap === undefined ? {} : { cap: memoryCap }),
    })
  } finally {
    device.free()
  }
}

/** Times this device's products, and looks at several bases: one that does not fit is null, and costs the others nothing. */
export async function lookAtMachine(question: MachineQuestion): Promise<MachineAnswer> {
  const device = openDevice({ threads: question.threads })
  let gflops: number
  try {
    const measured = measuredForms(device, question, question.threads, question.measurements)
    const { type, buffers } = chooseForms(device, 'Q4_K', measured)
    gflops = measured.find((each) => each.type === type && each.buffers === buffers)?.gflops ?? 0
  } finally {
    device.free()
  }
  const forecastBytes: (number | null)[] = []
  for (const each of question.forecasts) {
    forecastBytes.push(
      await forecastRun(each).then(
        (forecast) => forecast.forecastBytes,
        () => null,
      ),
    )
  }
  return { gflops, forecastBytes }
}
