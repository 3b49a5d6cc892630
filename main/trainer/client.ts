/** Starts the worker for a run and follows it. What a run needs is in its folder; see `types.ts`. */
import { startChild } from '../child.ts'
import { entryFile } from '../entries.ts'
import { IdiolectError } from '../errors.ts'
import type { EngineChoice } from './engine-choice.ts'
import { MOST_ASIDE } from './lanes.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { keptChoice, readPlan } from './run-folder.ts'
import type { SittingOptions, StepRecord, TrainResult } from './types.ts'

export interface TrainingEvents {
  /** Weights being read and converted, 0..1. */
  onLoading?: (fraction: number) => void
  /** Before the base is loaded. */
  onPlanned?: (choice: EngineChoice) => void
  onChosen?: (message: Extract<FromWorker, { type: 'chosen' }>) => void
  onStep?: (record: StepRecord) => void
}

export interface TrainingRun {
  readonly folder: string
  /** Process id of the worker. */
  readonly pid: number | undefined
  /** Resolves when the worker has come to rest (between two blocks), or has ended. */
  pause(): Promise<void>
  continue(): void
  /** Ends the training after the step at hand; the voice is what was learnt so far. Also ends a pause. */
  finish(): void
  /** Ends this sitting; `done` rejects with `Interrupted`, and the run can be resumed. */
  stop(): void
  /** @throws IdiolectError `Interrupted`, `WorkerDied`, or what the worker failed with */
  readonly done: Promise<TrainResult>
}

export interface StartOptions extends TrainingEvents, SittingOptions {
  /** Every other program on the machine goes first. */
  background?: boolean
}

/** Seconds that a worker is given to stop by itself before it is ended; the checkpoint on disk stands either way. */
const PATIENCE = 10

/** Starts or resumes a run: when its folder holds a checkpoint, it goes on from there. */
export function startTraining(folder: string, options: StartOptions = {}): TrainingRun {
  const { process: child, lastWords } = startChild(entryFile('trainer-worker'), poolFor(folder, options.threads))
  const send = (message: ToWorker): void => {
    if (child.connected) child.send(message)
  }
  let stopping = false
  let pauses = 0
  const resting = new Map<number, () => void>()
  const rested = (id: number): void => {
    resting.get(id)?.()
    resting.delete(id)
  }
  const done = new Promise<TrainResult>((resolve, reject) => {
    let settled = false
    const settle = (act: () => void): void => {
      if (!settled) act()
      settled = true
    }
    child.on('message', (raw) => {
      const message = raw as FromWorker
      if (message.type === 'loading') options.onLoading?.(message.fraction)
      else if (message.type === 'planned') options.onPlanned?.(message.choice)
      else if (message.type === 'chosen') options.onChosen?.(message)
      else if (message.type === 'step') options.onStep?.(message.record)
      else if (message.type === 'paused') rested(message.id)
      else if (message.type === 'done') settle(() => resolve(message.result))
      else if (message.type === 'stopped') settle(() => reject(interrupted(folder)))
      else if (message.type === 'failed')
        settle(() => reject(new IdiolectError(message.name, message.message, message.next)))
    })
    child.on('error', (error) => settle(() => reject(error)))
    child.on('exit', (code, signal) => {
      settle(() => reject(stopping ? interrupted(folder) : died(code, signal, lastWords())))
      for (const id of [...resting.keys()]) rested(id)
    })
  })
  const { onLoading: _l, onPlanned: _p, onChosen: _c, onStep: _s, background = false, ...sitting } = options
  send({ type: 'start', folder, background, sitting })
  return {
    folder,
    pid: child.pid,
    pause: () =>
      new Promise((resolve) => {
        if (!child.connected) return resolve()
        const id = ++pauses
        resting.set(id, resolve)
        send({ type: 'pause', id })
      }),
    continue: () => send({ type: 'continue' }),
    finish: () => send({ type: 'finish' }),
    stop() {
      stopping = true
      send({ type: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE * 1000)
      child.once('exit', () => clearTimeout(timer))
    },
    done,
  }
}

/**
 * As many threads in libuv's pool as lanes can use: work that goes from thread to thread of a larger one meets, on its way
 * back, a processor that the other lane has.
 */
function poolFor(folder: string, threads: number | undefined): Record<string, string> {
  const lanes = Math.min(MOST_ASIDE, threads ?? MOST_ASIDE, mostLanes(folder))
  return { UV_THREADPOOL_SIZE: String(Math.max(2, lanes)) }
}

/** Of the choice that is kept, or what a choice may come to; where the folder is bad, the worker will say it. */
function mostLanes(folder: string): number {
  try {
    const { threads, batch } = readPlan(folder).settings
    return keptChoice(folder)?.lanes ?? Math.min(threads, batch)
  } catch {
    return MOST_ASIDE
  }
}

function interrupted(folder: string): IdiolectError {
  return new IdiolectError(
    'Interrupted',
    `the run in ${folder} was stopped`,
    'It can be resumed from its last checkpoint.',
  )
}

function died(code: number | null, signal: string | null, lastWords: string): IdiolectError {
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`
  const words = lastWords.trim().split('\n').slice(-3).join(' / ')
  return new IdiolectError(
    'WorkerDied',
    `the training process ${how}${words ? `: ${words}` : ''}`,
    'Resume the run: it goes on from its last checkpoint.',
  )
}
