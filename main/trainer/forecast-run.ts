/** The worker's answer to what a run would take that is not prepared yet: a memory plan, without measuring the device. */

import { readVoiceFile } from '../adapters/voice-file.ts'
import { openDevice } from '../ggml/device.ts'
import { readGguf } from '../gguf/read.ts'
import { rowsOf } from '../model/batch.ts'
import { adapterOf, prefixOf } from './adapter-of.ts'
import { type Forecast, planMemory } from './memory-plan.ts'
import type { ForecastQuestion } from './messages.ts'
import { frozenOf } from './under.ts'
import { formsOf, typeOfMatrices, usualForms } from './weight-forms.ts'

/** @throws IdiolectError `NotEnoughMemory`; `BadGguf` or `NotCarried` for a base that cannot be trained on */
export async function forecastRun({ file, settings, under, longest, memoryCap }: ForecastQuestion): Promise<Forecast> {
  const before = process.memoryUsage().rss
  const device = openDevice({ threads: 1 })
  try {
    const gguf = readGguf(file)
    const adapter = adapterOf(settings)
    return await planMemory({
      device,
      gguf,
      // What is chosen on most devices; the others take as much or a little more.
      forms: formsOf(usualForms(typeOfMatrices(gguf))),
      adapter,
      under: under === undefined ? null : frozenOf(readVoiceFile(under)),
      dropout: settings.dropout,
      longestRows: rowsOf({ tokens: new Int32Array(longest), answerFrom: 0 }, prefixOf(adapter)),
      before,
      ...(memoryCap === undefined ? {} : { cap: memoryCap }),
    })
  } finally {
    device.free()
  }
}
