/**
 * The training surface: one run at a time, from the library to a voice that is proved and, if it wins, switched on.
 * Every stage can be interrupted, by the user or by a crash, and gone on with from the run folder.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Handlers, TaskTrainOptions, TrainingState, TrainOptions } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { readResult } from '../../trainer/run-folder.ts'
import type { StepRecord, TrainResult } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import { deleteLeaving, noteLeaving } from '../leaving-files.ts'
import { checkDevice } from '../models/devices.ts'
import { lastRun, newRunId, noteLast } from './last-run.ts'
import { type InstalledBase, relist, resumableRun, trainableBase } from './run-base.ts'
import { type Beginning, makeRun, taskBeginning, voiceBeginning } from './run-begin.ts'
import { followRun } from './run-follow.ts'
import { checkOptions } from './run-plan.ts'
import { onBase, prepareVoice } from './run-prepare.ts'
import { discardRun, removeGivenUp } from './run-removal.ts'
import { startOf } from './run-start.ts'
import { beginningState, endedState, interruptedState, isGoing, stoppedState, telling } from './run-state.ts'
import { createRunWorker, type RunWorker } from './run-worker.ts'
import { ownCopy, taskAdapterFor } from './task-adapters.ts'
import { checkTaskOptions, prepareTask } from './task-run.ts'
import { readTaskTexts } from './task-texts.ts'
import { forecast, rememberedMemory } from './train-forecast.ts'
import { createTrainQueue } from './train-queue.ts'
import { sinceTraining } from './train-since.ts'

type TrainCalls = Extract<keyof Handlers, `train.${string}`> | 'task.train'

export interface Training {
  handlers: Pick<Handlers, TrainCalls>
  /** The run that is going, or the last one of this sitting, or one that was interrupted; null when there is none. */
  current(): TrainingState | null
  /** At the start of the app, once what was interrupted goes on or waits for its owner. */
  beginQueued(): Promise<void>
  /** See `RunWorker`. */
  stepAside: RunWorker['stepAside']
  /** Result of a finished run, for the terminal. */
  result(run: string): TrainResult | null
  folderOf(run: string): string
  close(): Promise<void>
}

export function createTraining(getContext: () => AppContext): Training {
  let state: TrainingState | null = null
  let ending: 'cancelled' | 'interrupted' | null = null
  let abort = new AbortController()
  let finished: Promise<void> = Promise.resolve()
  let closed = false
  const memory = rememberedMemory()
  const queue = createTrainQueue(() => getContext().store.settings)

  const set = (changes: Partial<TrainingState>): TrainingState => {
    const { events, store, changed } = getContext()
    const before = state?.stage
    state = { ...(state as TrainingState), ...changes }
    events.emit('train.state', state)
    if (state.stage !== before) {
      store.runs.setStage(state.run, state.stage, state.voice)
      changed()
    }
    return state
  }
  const running = (): boolean => state !== null && isGoing(state.stage)

  const worker = createRunWorker(getContext, (aside) => {
    if (!state || state.aside === aside) return
    const own = state.stage === 'training'
    set({ aside, ...(own ? telling(aside ? 'training.aside' : 'training.learning') : {}) })
  })

  const step = (record: StepRecord): void => {
    const current = state as TrainingState
    // After a crash, the steps since the last checkpoint come a second time.
    const before = current.steps.filter(({ step }) => step < record.step)
    state = { ...current, steps: [...before, record], totalSteps: record.steps }
    getContext().events.emit('train.step', { run: current.run, ...record })
  }

  const follow = async (run: string, folder: string): Promise<void> => {
    try {
      const seat = { worker, signal: abort.signal, state: () => state as TrainingState, set, step }
      await followRun(getContext(), run, folder, seat)
    } catch (error) {
      set(ending ? stoppedState(ending) : endedState(error))
    }
  }

  const launch = (run: string, folder: string, createdAt: string): TrainingState => {
    ending = null
    worker.paused = false
    abort = new AbortController()
    state = beginningState(run, folder, createdAt)
    set({})
    finished = follow(run, folder).catch(() => {
      // Its end could not be written down (a full disk): the next start of the app finds it interrupted.
    })
    void finished.then(beginQueued)
    return state
  }

  /** What every start has in common: one run at a time, on a base and a device that were tried before. */
  const starting = async <O extends TrainOptions | TaskTrainOptions>(
    options: O,
    prepared: (model: InstalledBase) => Promise<Beginning>,
    take?: () => void,
  ): Promise<TrainingState> => {
    refuseWhenRunning()
    checkOptions(options)
    const context = getContext()
    const before = context.bases.chosen('chat')
    // The base is the one that is chosen now, whatever happens while the device is tried.
    const model = trainableBase(context, options.base)
    await checkDevice(options.device)
    refuseWhenRunning()
    const beginning = prepared(model)
    try {
      return begin(options, model, await beginning, take)
    } catch (error) {
      // A run that never began must not leave another base behind.
      if (before && context.bases.chosen('chat')?.id === model.id) await context.bases.choose(before)
      throw error
    }
  }

  /** @param take see `BeginQueued` */
  const start = (options: TrainOptions, take?: () => void): Promise<TrainingState> => {
    const prepared = async (model: InstalledBase): Promise<Beginning> => {
      const context = getContext()
      const from = startOf(context, model, options)
      const under = taskAdapterFor(context, from.options, model, from.file)
      if (options.base) await context.bases.choose(model)
      const prepared = await prepareVoice(context, from.options, model, true)
      return voiceBeginning(options.name, prepared, from.file, under && ownCopy(context, under))
    }
    return starting(options, prepared, take)
  }

  const startTask = (options: TaskTrainOptions): Promise<TrainingState> =>
    starting(options, async (model) => {
      checkTaskOptions(options)
      const context = getContext()
      const texts = readTaskTexts(context.store, options)
      if (options.base) await context.bases.choose(model)
      const task = await onBase(context, model, async (base, threads) => prepareTask(texts, base, options, threads))
      return taskBeginning(options.name, task)
    })

  const begin = (
    options: TrainOptions,
    model: InstalledBase,
    beginning: Beginning,
    take: () => void = () => {},
  ): TrainingState => {
    refuseWhenRunning()
    const { store, options: hosted } = getContext()
    const createdAt = new Date().toISOString()
    const run = store.transaction(() => {
      take()
      noteLeaving(store, removeGivenUp(store, hosted.host))
      const id = newRunId(store, createdAt)
      const folder = runFolder(id)
      makeRun(folder, model, createdAt, beginning)
      store.runs.put({ id, folder, createdAt, stage: 'preparing', base: model.id, voice: null, options })
      noteLast(store, id)
      return id
    })
    // What cannot be deleted now is tried again at the next start.
    deleteLeaving(store)
    return launch(run, runFolder(run), createdAt)
  }

  const refuseWhenRunning = (): void => {
    if (closed) throw new IdiolectError('Closing', 'the app is being closed', null)
    if (running())
      throw new IdiolectError('AlreadyTraining', `the run ${state?.run} is going on`, 'Wait for it, or cancel it.')
  }
  const runFolder = (run: string): string => path.join(getContext().store.folder, 'runs', run)

  const resume = async (run: string): Promise<TrainingState> => {
    refuseWhenRunning()
    const record = await resumableRun(getContext(), run)
    refuseWhenRunning()
    relist(getContext(), record)
    noteLast(getContext().store, run)
    return launch(run, record.folder, record.createdAt)
  }

  const current = (): TrainingState | null => {
    if (state) return state
    const { store } = getContext()
    const last = lastRun(store)
    if (!last || !(isGoing(last.stage) || last.stage === 'interrupted') || !existsSync(last.folder)) return null
    // Whatever ended the app ended this run too: it waits to be gone on with.
    store.runs.setStage(last.id, 'interrupted')
    return interruptedState(last)
  }

  /** Where nothing runs, nor waits to be gone on with by its owner, the next in the queue begins. */
  const beginQueued = async (): Promise<void> => {
    // A terminal's command ends with what it was asked for.
    if (closed || getContext().options.host === 'terminal' || running() || current()?.stage === 'interrupted') return
    await queue.next(start).catch(() => {
      // Its reason could not be written down (a full disk): it waits on, and is tried again.
    })
  }

  /** The voice of what was learnt so far. Errors: IdiolectError `NothingRuns`, `TooEarly`. */
  const finishNow = (): TrainingState => {
    if (!worker.going || !state || (state.stage !== 'training' && state.stage !== 'paused'))
      throw new IdiolectError('NothingRuns', 'no run is being trained that could be ended', null)
    if (state.steps.length === 0)
      throw new IdiolectError('TooEarly', 'nothing was learned yet that could be kept', 'Wait for the first step.')
    worker.finish()
    worker.paused = false
    return set({ stage: 'training', ...telling('training.writing') })
  }

  const end = async (how: 'cancelled' | 'interrupted'): Promise<TrainingState> => {
    if (!running()) throw new IdiolectError('NothingRuns', 'no run is going on', null)
    // Quitting before a cancelled run has stopped makes it none that goes on at the next start.
    if (ending !== 'cancelled') ending = how
    worker.stop()
    abort.abort(new IdiolectError('Interrupted', 'the run was stopped', null))
    await finished
    return state as TrainingState
  }

  const pause = async (paused: boolean): Promise<TrainingState> => {
    if (state?.stage !== 'training' && state?.stage !== 'paused') {
      throw new IdiolectError('NothingRuns', 'no run is being trained that could be paused', null)
    }
    worker.paused = paused
    const how = paused ? 'training.paused' : worker.aside ? 'training.aside' : 'training.learning'
    return set({ stage: paused ? 'paused' : 'training', aside: worker.aside, ...telling(how) })
  }

  return {
    current,
    beginQueued,
    stepAside: () => worker.stepAside(),
    result: (run) => readResult(runFolder(run)),
    folderOf: runFolder,
    async close() {
      closed = true
      if (running()) await end('interrupted')
      await finished
    },
    handlers: {
      'train.forecast': (options) => forecast(getContext(), options, memory),
      'train.start': (options) => start(options),
      'task.train': startTask,
      'train.resume': ({ run }) => resume(run),
      'train.pause': () => pause(true),
      'train.continue': () => pause(false),
      'train.cancel': () => end('cancelled'),
      async 'train.discard'({ run }) {
        discardRun(getContext(), run)
        if (state?.run === run) state = null
        return { discarded: true }
      },
      async 'train.finish'() {
        return finishNow()
      },
      async 'train.queue'() {
        return queue.list()
      },
      async 'train.enqueue'(options) {
        checkOptions(options)
        queue.add(options)
        await beginQueued()
        return queue.list()
      },
      async 'train.unqueue'({ id }) {
        queue.remove(id)
        return queue.list()
      },
      async 'train.since'() {
        return sinceTraining(getContext())
      },
      async 'train.state'() {
        return getContext().state().training
      },
    },
  }
}
