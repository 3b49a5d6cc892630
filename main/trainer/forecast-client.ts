/** Asks a worker what a run would take. In a process of its own, like training: it opens the base and ggml. */
import { startChild } from '../child.ts'
import { entryFile } from '../entries.ts'
import { IdiolectError } from '../errors.ts'
import type { Forecast } from './memory-plan.ts'
import type { ForecastQuestion, FromWorker, MachineAnswer, MachineQuestion, ToWorker } from './messages.ts'

/** @throws IdiolectError what the worker failed with (`NotEnoughMemory`), or `WorkerDied` */
export function askForecast(question: ForecastQuestion): Promise<Forecast> {
  return ask({ type: 'forecast', question }, (message) => (message.type === 'forecast' ? message.forecast : null))
}

/** @throws IdiolectError what the worker failed with, or `WorkerDied` */
export function askMachine(question: MachineQuestion): Promise<MachineAnswer> {
  return ask({ type: 'machine', question }, (message) => (message.type === 'machine' ? message.answer : null))
}

function ask<T>(question: ToWorker, answerOf: (message: FromWorker) => T | null): Promise<T> {
  const { process: child } = startChild(entryFile('trainer-worker'))
  return new Promise<T>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = raw as FromWorker
      const answer = answerOf(message)
      if (answer !== null) resolve(answer)
      else if (message.type === 'failed') reject(new IdiolectError(message.name, message.message, message.next))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      reject(new IdiolectError('WorkerDied', `the forecast's process ended with ${signal ?? `code ${code}`}`, null)),
    )
    child.send(question)
  })
}
