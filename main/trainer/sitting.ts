/**
 * The steps of a run: which examples each takes, what they do to the adapter's numbers, when the validation part is
 * measured and a checkpoint written, and the voice at the end. Knows the engine by its packs and gradients, and nothing of
 * devices or of how weights are held.
 */
import { IdiolectError } from '../errors.ts'
import type { Between } from '../model/at-once.ts'
import { type Pack, pack } from '../model/batch.ts'
import type { Engine } from '../model/engine.ts'
import { dealInto, type Lanes } from '../model/lanes.ts'
import { seeded, shuffle } from '../random.ts'
import { rateOf } from './adapter-of.ts'
import { type Checkpoint, type Position, readCheckpoint, removeCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { beginDump, type Dump } from './dump.ts'
import type { FromWorker } from './messages.ts'
import { adamwStep, learningRate, type Moments, zeroMoments } from './optimizer.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import { appendLog, trimLog, voiceFile, writeResult } from './run-folder.ts'
import { writeRunVoice } from './run-voice.ts'
import { readStart } from './start.ts'
import type { RunPlan, SittingOptions, TokenExample, TrainResult } from './types.ts'

export interface StepsOptions extends SittingOptions {
  report: (message: FromWorker) => void
  /** Awaited between blocks: may wait (pause) or throw `Stopped`. */
  between: Between
  /** Asked before each step but the first: true ends the training, and the voice is what was learnt so far. */
  enough?: () => boolean
}

/** How examples are laid out: the same in every sitting, whatever threads and memory there are. */
export interface PackLayout {
  /** Most rows of a pack. */
  capacity: number
  /** What steps are dealt to; the engine may have fewer. */
  lanes: Lanes
}

/** Thrown by `between` to end a sitting. */
export class Stopped extends Error {}

/** Most measurements of the validation part in one epoch. */
const MEASURES_PER_EPOCH = 2

/** One sitting of one run: from where its checkpoint left it, or from the start, to its end or to a stop. */
export class Sitting {
  readonly steps: number
  position: Position
  readonly #perEpoch: number
  readonly #moments: Moments[]
  #best: Float32Array[] | null = null
  #dump: Dump | null = null
  #lastCheckpoint = performance.now()
  /** Milliseconds that were not worked: pauses, and steps aside. */
  #rested = 0
  #rest: Promise<void> | null = null
  #sitting = performance.now()

  constructor(
    readonly folder: string,
    readonly plan: RunPlan,
    readonly engine: Engine,
    readonly train: TokenExample[],
    readonly validation: TokenExample[],
    readonly options: StepsOptions,
    started: number,
    readonly layout: PackLayout,
  ) {
    this.#sitting = started
    this.#perEpoch = Math.ceil(train.length / plan.settings.batch)
    this.steps = this.#perEpoch * plan.settings.epochs
    const tensors = engine.adapter?.tensors ?? []
    const kept = readCheckpoint(
      folder,
      tensors.map(({ shape }) => shape.reduce((a, b) => a * b, 1)),
    )
    this.position = kept?.position ?? {
      step: 0,
      tokens: 0,
      seconds: 0,
      peakMemoryBytes: 0,
      bestValidation: null,
      sinceBest: 0,
      finalLoss: Number.NaN,
    }
    const start = (): Float32Array[] =>
      readStart(folder, plan, tensors) ?? engine.initial(plan.settings.seed, train, options.dump !== undefined)
    this.#moments = kept ? restoredMoments(kept, tensors.length) : start().map(zeroMoments)
    const unit = engine.unit(train)
    for (const [i, { name }] of tensors.entries()) {
      const moments = this.#moments[i] as Moments
      moments.rate = rateOf(plan.settings, name) * unit
    }
    if (kept && kept.arrays.length > this.#moments.length * 3) this.#best = kept.arrays.slice(this.#moments.length * 3)
    trimLog(folder, this.position.step)
    this.#upload()
  }

  #values(): Float32Array[] {
    return this.#moments.map(({ value }) => value)
  }

  #upload(): void {
    this.engine.adapter?.put(this.#values())
  }

  /** One for all lanes: they rest together, and their rest counts once. */
  readonly #between: Between = (still) => {
    this.#rest ??= this.#resting(still).finally(() => {
      this.#rest = null
    })
    return this.#rest
  }

  async #resting(still: () => Promise<void>): Promise<void> {
    const began = performance.now()
    await this.options.between(still)
    this.#rested += performance.now() - began
  }

  /** A clock that stands while the run rests: what is forecast from a run's speed must not count the night it was paused. */
  #clock(): () => number {
    const began = performance.now() - this.#rested
    return () => (performance.now() - this.#rested - began) / 1000
  }

  /** Every step that is left, or fewer when the validation part no longer gains. */
  async all(): Promise<void> {
    const { dump } = this.options
    if (dump) this.#dump = await beginDump(dump, this.folder, this.plan, this.engine, this.#values())
    const { patience } = this.plan.settings
    // Asked before a step, not after it: a run that was killed when it had just ended must not train on.
    while (this.position.step < this.steps && !(patience > 0 && this.position.sinceBest >= patience)) {
      if (this.position.step > 0 && this.options.enough?.()) return
      const step = this.position.step + 1
      await this.#step(step).catch((error: unknown) => Promise.reject(this.#located(error, step)))
      const due = (this.options.checkpointSeconds ?? 5) * 1000
      if (performance.now() - this.#lastCheckpoint >= due) this.#checkpoint()
    }
  }

  /** A number that is none, with the step at which it came up; other errors as they are. */
  #located(error: unknown, step: number): unknown {
    if (!(error instanceof IdiolectError) || error.name !== 'NotANumber') return error
    const kept = readCheckpoint(this.folder)?.position.step
    return new IdiolectError(
      'NotANumber',
      `at step ${step} of ${this.steps} ${error.message}`,
      `${kept === undefined ? 'No checkpoint had been written yet.' : `The checkpoint after step ${kept} is kept.`} Train anew with a learning rate smaller than ${this.plan.settings.lr}.`,
    )
  }

  /** Examples of a step: each epoch deals all of them once, in an order of its own. */
  #batch(step: number): number[] {
    const epoch = Math.floor((step - 1) / this.#perEpoch)
    const order = shuffle(Array.from(this.train.keys()), seeded(`${this.plan.settings.seed}/shuffle/${epoch}`))
    const from = ((step - 1) % this.#perEpoch) * this.plan.settings.batch
    return order.slice(from, from + this.plan.settings.batch)
  }

  /** Packs by lane. */
  #packs(examples: readonly TokenExample[]): Pack[][] {
    const { prefix } = this.engine
    const { lanes, capacity } = this.layout
    return dealInto(examples, lanes, capacity, prefix).map((lane) => lane.map((part) => pack(part, prefix)))
  }

  async #step(step: number): Promise<void> {
    const spent = this.#clock()
    const { settings } = this.plan
    const dealt = this.#batch(step)
    const batch = dealt.map((i) => this.train[i] as TokenExample)
    const answers = answerTokens(batch)
    const tokens = batch.reduce((sum, example) => sum + example.tokens.length, 0)
    let dealtPacks = 0
    const jobs = this.#packs(batch).map((lane) =>
      lane.map((part) => ({
        batch: part,
        dropoutSeed: settings.dropout > 0 ? `${settings.seed}/dropout/${step}/${dealtPacks++}` : null,
      })),
    )
    const loss = await this.engine.train(jobs, this.#between)
    const gradients = this.engine.takeGradients(answers)
    if (step === 1) this.#dump?.gradients(gradients)
    const lr = learningRate(settings.lr, settings.warmup, step, this.steps)
    const gradNorm = adamwStep(this.#moments, gradients, step, lr, settings)
    if (!Number.isFinite(gradNorm)) {
      throw new IdiolectError('NotANumber', `the gradient came out as ${gradNorm}`, 'Try a smaller learning rate.')
    }
    this.#upload()
    this.#dump?.step({ batch: dealt, lr, loss: loss / answers, gradNorm })
    const seconds = spent()
    const validation = await this.#measureIfDue(step)
    const { position } = this
    position.step = step
    position.tokens += tokens
    position.finalLoss = loss / answers
    position.seconds += spent()
    position.peakMemoryBytes = Math.max(position.peakMemoryBytes, peakMemoryBytes())
    const record = {
      step,
      steps: this.steps,
      epoch: Math.ceil(step / this.#perEpoch),
      loss: loss / answers,
      validation,
      lr,
      gradNorm,
      tokens,
      tokensPerSecond: tokens / seconds,
      memoryBytes: process.memoryUsage().rss,
      secondsLeft: (position.seconds / step) * (this.steps - step),
    }
    appendLog(this.folder, record)
    this.options.report({ type: 'step', record })
  }

  async #measureIfDue(step: number): Promise<number | null> {
    if (this.validation.length === 0) return null
    const every = Math.max(1, Math.round(this.#perEpoch / MEASURES_PER_EPOCH))
    if (step % every !== 0 && step !== this.steps) return null
    const answers = answerTokens(this.validation)
    const loss = await this.engine.measure(this.#packs(this.validation), this.#between)
    const value = loss / answers
    const { position } = this
    if (position.bestValidation === null || value < position.bestValidation) {
      position.bestValidation = value
      position.sinceBest = 0
      this.#best = this.#moments.map((moment) => moment.value.slice())
    } else position.sinceBest++
    return value
  }

  #checkpoint(): void {
    const parts = [...this.#moments.flatMap(({ value, m, v }) => [value, m, v]), ...(this.#best ?? [])]
    writeCheckpoint(this.folder, { position: this.position, arrays: parts })
    this.#lastCheckpoint = performance.now()
  }

  /** Writes the voice from the weights that did best on the validation part, or the last ones without one. */
  async finish(): Promise<TrainResult> {
    const { plan, engine, position } = this
    const values = this.#best ?? this.#values()
    this.#checkpoint()
    this.#dump?.end()
    const name = String(plan.about.name ?? plan.run)
    await writeRunVoice(voiceFile(this.folder), plan, name, engine, values)
    const result: TrainResult = {
      voiceFile: voiceFile(this.folder),
      steps: position.step,
      tokens: position.tokens,
      seconds: position.seconds + this.#loading(),
      tokensPerSecond: position.seconds > 0 ? position.tokens / position.seconds : 0,
      peakMemoryBytes: Math.max(position.peakMemoryBytes, peakMemoryBytes()),
      finalLoss: position.finalLoss,
      bestValidation: position.bestValidation,
    }
    writeResult(this.folder, result)
    removeCheckpoint(this.folder)
    return result
  }

  /** Seconds of this sitting that were not training: opening, measuring, loading. */
  #loading(): number {
    return Math.max(0, (this.#trainingBegan - this.#sitting) / 1000)
  }
  readonly #trainingBegan = performance.now()
}

function answerTokens(examples: readonly TokenExample[]): number {
  return examples.reduce((sum, example) => sum + example.tokens.length - example.answerFrom, 0)
}

function restoredMoments(kept: Checkpoint, count: number): Moments[] {
  return Array.from({ length: count }, (_, i) => ({
    value: kept.arrays[3 * i] as Float32Array,
    m: kept.arrays[3 * i + 1] as Float32Array,
    v: kept.arrays[3 * i + 2] as Float32Array,
  }))
}
