/**
 * Suggestions for many pieces, made one after another in the background. What waits and what was made stands in SQLite at
 * once, so that a kill loses nothing and the next start goes on. Whoever asks for something goes first: the piece at hand
 * is put back and begun again; while a voice is trained, the queue rests.
 */
import { setTimeout } from 'node:timers/promises'
import type { GenerationOptions, LabelJob, LabelTask, Said, TrainingState } from '../../../preload/contract.ts'
import { IdiolectError, messageOf } from '../../errors.ts'
import { saidOf } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { labelRow } from './label-rows.ts'
import { noteSeconds, secondsOf } from './label-seconds.ts'
import { suggestFor } from './label-suggest.ts'

/** What is kept of a job; what waits stands in the rows. */
interface KeptJob {
  request: string
  options: GenerationOptions
  total: number
  paused: boolean
}

export interface LabelJobs {
  /** Puts these behind what waits, and sees that they are worked on. */
  queue(task: LabelTask, request: string, documents: readonly string[], options: GenerationOptions): LabelJob
  pause(task: LabelTask, paused: boolean): LabelJob | null
  /** What waits goes, also where the queue has stopped by itself; what was suggested stays. */
  stop(task: LabelTask): Promise<LabelJob | null>
  /** Null: nothing was ever queued. */
  current(task: LabelTask): LabelJob | null
  /** Goes on with what an earlier sitting left. */
  begin(): void
  close(): Promise<void>
}

const TASKS = ['tag', 'rate'] as const
/** What would befall every piece: the queue stops, and its rows wait. */
const ALL_FAIL = ['NoModel', 'NoTags', 'UnknownVoice', 'VoiceMismatch', 'VoicesDoNotMix', 'NoTaskAdapter', 'BadOption']
const TRAINING: readonly TrainingState['stage'][] = ['preparing', 'training', 'proving']
const keyOf = (task: LabelTask): string => `labels.job.${task}`

/** @param error what was thrown, or null */
function whyOf(error: unknown): Pick<LabelJob, 'error' | 'said'> & { said: Said | null } {
  return error === null ? { error: null, said: null } : { error: messageOf(error), said: saidOf(error) }
}

export function createLabelJobs(context: AppContext): LabelJobs {
  const { store, events, requests } = context
  const going: Partial<Record<LabelTask, Promise<void>>> = {}
  const at: Partial<Record<LabelTask, { current: string | null; aside: boolean; error: unknown }>> = {}
  let closed = false
  /** Fires when a queue is paused, gone on with or lengthened. */
  const wakers = new Set<() => void>()
  const wake = (): void => {
    for (const waker of [...wakers]) waker()
  }
  const kept = (task: LabelTask): KeptJob | null => store.settings.get<KeptJob>(keyOf(task))
  const keep = (task: LabelTask, job: KeptJob): void => store.settings.set(keyOf(task), job)
  const waitingIn = (task: LabelTask): number => store.labelRows.count(task, 'waiting')

  const current = (task: LabelTask): LabelJob | null => {
    const job = kept(task)
    if (!job) return null
    const waiting = waitingIn(task)
    const { current: title = null, aside = false, error = null } = at[task] ?? {}
    const state =
      waiting === 0 ? 'done' : error !== null ? 'failed' : job.paused ? 'paused' : aside ? 'aside' : 'running'
    const total = Math.max(job.total, waiting)
    const { secondsPerPiece } = secondsOf(context, task)
    const made = total - waiting
    return { task, request: job.request, state, made, total, current: title, secondsPerPiece, ...whyOf(error) }
  }
  const tell = (task: LabelTask, changes: Partial<NonNullable<(typeof at)[LabelTask]>> = {}): void => {
    at[task] = { ...(at[task] ?? { current: null, aside: false, error: null }), ...changes }
    const job = current(task)
    if (job) events.emit('labels.job', job)
  }
  const tellRow = (task: LabelTask, document: string): void => {
    const row = labelRow(store, task, document)
    if (row) events.emit('labels.row', { task, row })
  }

  const background = (): string[] => TASKS.flatMap((task) => kept(task)?.request ?? [])
  const training = (): boolean => {
    const stage = context.state().training?.stage
    return stage !== undefined && TRAINING.includes(stage)
  }
  /** Until something happens: a call begins or ends, the queue is paused or lengthened, or the time is over. */
  const rest = async (signal: AbortSignal, milliseconds: number): Promise<void> => {
    const over = new AbortController()
    const awake = (): void => over.abort()
    const off = requests.watch(awake)
    wakers.add(awake)
    await setTimeout(milliseconds, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {})
    off()
    wakers.delete(awake)
    signal.throwIfAborted()
  }
  const mayWork = (task: LabelTask): boolean =>
    kept(task)?.paused !== true && !requests.busy(background()) && !training()

  const work = async (task: LabelTask, signal: AbortSignal): Promise<void> => {
    let first = true
    for (;;) {
      signal.throwIfAborted()
      const document = store.labelRows.next(task)
      if (document === null) return
      if (!mayWork(task)) {
        tell(task, { aside: true })
        await rest(signal, 1000)
        continue
      }
      tell(task, { aside: false, current: store.documents.get(document)?.title ?? null })
      const aside = new AbortController()
      const stop = (): void => {
        if (!mayWork(task)) aside.abort()
      }
      const off = requests.watch(stop)
      wakers.add(stop)
      const began = performance.now()
      try {
        const options = kept(task)?.options ?? {}
        const result = await suggestFor(context, task, document, options, AbortSignal.any([signal, aside.signal]))
        // The owner may have decided meanwhile.
        const row = store.labelRows.get(task, document)
        if (row?.state === 'waiting') store.labelRows.put({ ...row, state: 'suggested', result, ...whyOf(null) })
        else if (row) store.labelRows.put({ ...row, result })
        // The first of a sitting loads the model.
        if (!first) noteSeconds(context, task, (performance.now() - began) / 1000)
        first = false
      } catch (error) {
        signal.throwIfAborted()
        // What was chosen for another base is chosen anew.
        if (aside.signal.aborted || (error instanceof IdiolectError && error.name === 'BaseChanged')) continue
        if (error instanceof IdiolectError && ALL_FAIL.includes(error.name)) throw error
        const row = store.labelRows.get(task, document)
        if (row) store.labelRows.put({ ...row, state: 'failed', ...whyOf(error) })
      } finally {
        off()
        wakers.delete(stop)
      }
      tellRow(task, document)
      tell(task)
    }
  }

  const run = (task: LabelTask): void => {
    const job = kept(task)
    if (going[task] || closed || !job) return
    tell(task, { current: null, aside: false, error: null })
    going[task] = requests
      .run(job.request, (signal) => work(task, signal))
      .catch((error: unknown) => {
        if (closed) return
        if (error instanceof IdiolectError && error.name === 'Cancelled') store.labelRows.removeWaiting(task)
        else at[task] = { current: null, aside: false, error }
      })
      .finally(() => {
        delete going[task]
        if (closed) return
        tell(task, { current: null, aside: false })
        // More may have come while it was ending.
        if (waitingIn(task) > 0 && !at[task]?.error) run(task)
      })
  }

  return {
    current,
    queue(task, request, documents, options) {
      const before = waitingIn(task)
      store.transaction(() => {
        for (const document of documents) {
          const old = store.labelRows.get(task, document)
          if (old?.state === 'waiting') continue
          store.labelRows.remove(task, document)
          store.labelRows.put({
            task,
            document,
            state: 'waiting',
            before: null,
            result: null,
            picked: null,
            ...whyOf(null),
          })
        }
        const added = waitingIn(task) - before
        const old = kept(task)
        const total = before > 0 ? (old?.total ?? before) + added : added
        keep(task, { request: going[task] && old ? old.request : request, options, total, paused: false })
      })
      if (at[task]) at[task] = { ...at[task], error: null }
      wake()
      run(task)
      return current(task) as LabelJob
    },
    pause(task, paused) {
      const job = kept(task)
      if (!job) return null
      keep(task, { ...job, paused })
      if (at[task]) at[task] = { ...at[task], error: null }
      wake()
      if (waitingIn(task) > 0) run(task)
      tell(task)
      return current(task)
    },
    async stop(task) {
      const job = kept(task)
      if (!job) return null
      requests.cancel(job.request)
      await going[task]
      store.labelRows.removeWaiting(task)
      tell(task, { error: null })
      return current(task)
    },
    begin() {
      for (const task of TASKS) if (waitingIn(task) > 0) run(task)
    },
    async close() {
      closed = true
      wake()
      await Promise.allSettled(Object.values(going))
    },
  }
}
