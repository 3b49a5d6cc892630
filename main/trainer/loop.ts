/**
 * The trainer room: a run folder in, a voice out. It sees token ids, never text; it knows no user, no library and no
 * contract. This file makes everything ready and sees a run to its end, in the worker process (`main/trainer-worker.ts`);
 * the steps themselves are in `sitting.ts`.
 *
 * A run is decided by its plan alone: every random stream is named after the plan's seed and its place in the run, so
 * a run that was killed and resumed ends with the voice that an uninterrupted one gives (same device, same threads).
 */
import { existsSync } from 'node:fs'
import type { openDevice } from '../ggml/open.ts'
import { TYPE } from '../ggml/types.ts'
import { readGguf } from '../gguf/read.ts'
import { Engine } from '../model/engine.ts'
import { readHyperparameters } from '../model/hyperparameters.ts'
import { adapterOf, checkUsable } from './adapter-of.ts'
import { checkpointFile, removeCheckpoint } from './checkpoint.ts'
import { chooseEngine, lanesNow } from './choose-engine.ts'
import { isUsable } from './engine-choice.ts'
import { readExamples } from './examples-file.ts'
import { openRunDevice } from './run-device.ts'
import { examplesFile, keepChoice, keptChoice, readPlan, readResult } from './run-folder.ts'
import { Sitting, type StepsOptions } from './sitting.ts'
import type { TrainResult } from './types.ts'
import { readUnder } from './under.ts'
import { formsOf } from './weight-forms.ts'

export interface LoopOptions extends StepsOptions {
  /** Opens devices in place of `openDevice`. */
  open?: typeof openDevice
  /** See `EngineOptions`. */
  graphSeconds?: number
}

/**
 * Trains until the plan is done, and writes the voice.
 * @throws IdiolectError on a bad folder, a base that differs from the plan's, too little memory, a loss that is NaN
 * @throws Stopped when `between` says so
 */
export async function trainRun(folder: string, options: LoopOptions): Promise<TrainResult> {
  const started = performance.now()
  // A finished run must not begin anew; a kill after its result may have left a checkpoint that nobody needs.
  const known = readResult(folder)
  if (known) {
    removeCheckpoint(folder)
    return known
  }
  const nodeBytes = process.memoryUsage().rss
  const plan = readPlan(folder)
  const { train, validation } = readExamples(examplesFile(folder))
  using opened = openRunDevice(plan, existsSync(checkpointFile(folder)), options)
  const { device, note } = opened
  const gguf = readGguf(plan.base.file)
  const h = readHyperparameters(gguf)
  const adapter = adapterOf(plan.settings)
  const under = readUnder(folder, plan, gguf)
  checkUsable(adapter, gguf)
  const measurements = options.measurements ?? null
  const cap = options.memoryCap
  const question = { device, plan, gguf, h, adapter, under, train, validation, nodeBytes, cap, measurements }
  const kept = keptChoice(folder)
  const choice = isUsable(kept, device.kind) ? kept : await chooseEngine(question)
  keepChoice(folder, choice)
  options.report({ type: 'planned', choice })
  const threads = options.threads ?? plan.settings.threads
  // Fewer than the steps are dealt to do the same, one after another: this sitting's threads and memory decide.
  const count = Math.min(choice === kept ? await lanesNow(question, kept) : (choice.lanes ?? 1), threads)
  using engine = new Engine(device, gguf, {
    weightType: { ...formsOf(choice.forms), streamed: choice.streamed },
    productType: TYPE[choice.forms.productType],
    capacity: choice.capacity,
    recomputed: choice.recomputed,
    adapter,
    under,
    dropout: plan.settings.dropout,
    lanes: { count, threads },
    ...(options.graphSeconds === undefined ? {} : { graphSeconds: options.graphSeconds }),
    onLoad: (fraction) => options.report({ type: 'loading', fraction }),
  })
  const run = new Sitting(folder, plan, engine, train, validation, options, started, {
    capacity: choice.capacity,
    lanes: { count: choice.lanes ?? 1, threads: plan.settings.threads },
  })
  const { step: resumedAt } = run.position
  options.report({ type: 'chosen', choice, device: device.description, note, resumedAt, steps: run.steps })
  await run.all()
  return await run.finish()
}
