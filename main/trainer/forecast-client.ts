/** Asks a worker what a run would take. In a process of its own, like training: it opens the base and ggml. */
import { startChild } from '../child.ts'
import { entryFile } from '../entries.ts'
import { IdiolectError } from '../errors.ts'
import type { Forecast } from './memory-plan.ts'
import type { ForecastQuestion, FromWorker, ToWorker } from './messages.ts'

/** @throws IdiolectError what the worker failed with (`NotEnoughMemory`), or `WorkerDied` */
export function askForecast(question: ForecastQuestion): Promise<Forecast> {
  const { process: child } = startChild(entryFile('trainer-worker'))
  return new Promise<Forecast>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = raw as FromWorker
      if (message.type === 'forecast') resolve(message.forecast)
      else if (message.type === 'failed') reject(new IdiolectError(message.name, message.message, message.next))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      reject(new IdiolectError('WorkerDied', `the forecast's process ended with ${signal ?? `code ${code}`}`, null)),
    )
    child.send({ type: 'forecast', question } satisfies ToWorker)
  })
}
