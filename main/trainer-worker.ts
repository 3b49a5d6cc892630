/**
 * The worker process's entry: trains one run and reports to its parent. A process of its own, because ggml ends the
 * process on a failed assertion, and that must cost a run, not the app. It ends when its parent does.
 */
import { readdirSync } from 'node:fs'
import os from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { endWithParent } from './child.ts'
import { IdiolectError, messageOf } from './errors.ts'
import { forecastRun, lookAtMachine } from './trainer/forecast-run.ts'
import { trainRun } from './trainer/loop.ts'
import type { FromWorker, ToWorker } from './trainer/messages.ts'
import { Stopped } from './trainer/sitting.ts'

const report = (message: FromWorker): void => void process.send?.(message)

let stopped = false
let started = false
let paused = false
/** The owner has enough. */
let enough = false
/** Pauses that were asked for while a block was computed. */
const asked: number[] = []
/** Ends a rest; null while something is computed. */
let wake: (() => void) | null = null

/** Between two blocks: takes in what the parent has said, and rests for as long as it says. */
async function between(still: () => Promise<void>): Promise<void> {
  await turn()
  while (paused && !stopped) {
    // Whoever waits for the rest wants the processor: no lane may go on with its block.
    await still()
    if (!paused || stopped) break
    const rest = new Promise<void>((resolve) => {
      wake = resolve
    })
    for (const id of asked.splice(0)) report({ type: 'paused', id })
    await rest
    wake = null
  }
  if (stopped) throw new Stopped()
}

function letOthersFirst(): void {
  lower(process.pid)
  if (process.platform !== 'linux') return
  // There a priority is a thread's own, and the pool's threads are there already.
  try {
    for (const thread of readdirSync('/proc/self/task')) lower(Number(thread))
  } catch {
    // No /proc: the main thread alone.
  }
}

/** A number is the lower a priority the larger it is; one that is lower already may not be raised. */
function lower(id: number): void {
  const priority = os.constants.priority.PRIORITY_BELOW_NORMAL
  try {
    if (os.getPriority(id) < priority) os.setPriority(id, priority)
  } catch {
    // The thread has ended since, or the system does not allow it: no reason not to train.
  }
}

async function start({ folder, background, sitting }: Extract<ToWorker, { type: 'start' }>): Promise<void> {
  if (background) letOthersFirst()
  report({ type: 'done', result: await trainRun(folder, { ...sitting, report, between, enough: () => enough }) })
}

/** Does one piece of work, tells how it failed, and ends the process. */
async function once(work: () => Promise<void>): Promise<void> {
  started = true
  try {
    await work()
  } catch (error) {
    if (error instanceof Stopped) report({ type: 'stopped' })
    else {
      const known = error instanceof IdiolectError
      report({
        type: 'failed',
        name: known ? error.name : 'TrainingFailed',
        message: messageOf(error),
        next: known ? error.next : null,
      })
    }
  }
  // The message must have left before the process does.
  setTimeout(() => process.exit(0), 50)
}

function receive(message: ToWorker): void {
  if (message.type === 'start' && !started) void once(() => start(message))
  else if (message.type === 'forecast' && !started) {
    const { question } = message
    void once(async () => report({ type: 'forecast', forecast: await forecastRun(question) }))
  } else if (message.type === 'machine' && !started) {
    const { question } = message
    void once(async () => report({ type: 'machine', answer: await lookAtMachine(question) }))
  } else if (message.type === 'pause') {
    paused = true
    if (wake) report({ type: 'paused', id: message.id })
    else asked.push(message.id)
  } else if (message.type === 'continue') {
    paused = false
    // Whoever still waits for a rest that is called off must not wait for the next one.
    for (const id of asked.splice(0)) report({ type: 'paused', id })
    wake?.()
  } else if (message.type === 'finish') {
    enough = true
    paused = false
    wake?.()
  } else if (message.type === 'stop') {
    stopped = true
    wake?.()
  }
}

process.on('message', (message) => receive(message as ToWorker))
endWithParent(0)
