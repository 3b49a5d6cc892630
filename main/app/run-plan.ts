/**
 * From the library to a run: what is trained on, what settings are chosen by, and what is held out for the proof. All
 * of it is written into the run folder, so that the folder alone is enough to resume and to prove.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { TrainingForecast, TrainingTask, TrainOptions } from '../../preload/contract.ts'
import { writeAtomically } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { DEFAULT_PROMPT, DEFAULT_RETRIEVED, defaultSettings, kindSettings } from '../examples/defaults.ts'
import { headlineQueries } from '../examples/headline.ts'
import { createPromptBuilder } from '../examples/prompt.ts'
import { proseQueries } from '../examples/prose.ts'
import { byTime, earlierPairs, splitByTime } from '../examples/split.ts'
import type { Piece, RetrievedPair, TaskQuery } from '../examples/types.ts'
import type { Base } from '../inference/types.ts'
import { history } from '../library/history.ts'
import { ADAPTER_KINDS } from '../model/adapter.ts'
import { parseTargets } from '../model/lora.ts'
import { createBm25 } from '../retrieval/bm25.ts'
import type { Store } from '../store/store.ts'
import { VIRTUAL_TOKENS } from '../trainer/adapter-of.ts'
import type { TokenExample, TrainSettings } from '../trainer/types.ts'
import { DEVICES, meantDevice } from './devices.ts'
import { createSameText } from './same-text.ts'

export const TASKS: readonly TrainingTask[] = ['headline', 'prose']

/**
 * Prose answers are ten times as long as headlines: without bounds they would take all of the training's time and all
 * of the proof's weight. Spread evenly over the history.
 */
const MOST_PROSE = { train: 64, validation: 6, proof: 8 }
const MOST_HEADLINES = { train: 4000, validation: 40, proof: 40 }

export interface ProofQuery {
  query: TaskQuery
  /** Nearest earlier pieces of the training side, chosen when the run was made. */
  retrieved: RetrievedPair[]
}

export interface PreparedRun {
  settings: TrainSettings
  train: { task: TrainingTask; example: TokenExample }[]
  validation: TokenExample[]
  proof: ProofQuery[]
  /** The owner's profile by task, as every prompt has it. */
  profiles: Partial<Record<TrainingTask, string>>
  pieces: number
  tokens: number
  /** What is to be expected of few pieces, or null. */
  note: string | null
}

/** At most `most` of the items, evenly spread. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T)
}

function queriesOf(task: TrainingTask, pieces: Piece[]): TaskQuery[] {
  return task === 'headline' ? headlineQueries(pieces).queries : proseQueries(pieces, { maxPerPiece: 1 }).queries
}

/** Headlines that the owner picked or wrote: an example each, unless the text is one of those held out. */
function pickedHeadlines(store: Store, heldOut: readonly Piece[]): TaskQuery[] {
  const isHeldOut = createSameText(heldOut.map((piece) => piece.text))
  return store.headlines.list(1000).flatMap((record): TaskQuery[] => {
    const answer = record.edited ?? record.picked
    if (!answer || isHeldOut(record.text)) return []
    return [
      {
        task: 'headline',
        document: `headline:${record.id}`,
        title: answer,
        date: record.at,
        input: record.text,
        answer,
      },
    ]
  })
}

/**
 * @param options as `checkOptions` lets them pass
 * @param profiles shown above every prompt of their task, in all three parts
 * Errors: IdiolectError `TooFewPieces`.
 */
export function prepareRun(
  store: Store,
  base: Base,
  options: TrainOptions,
  threads: number,
  profiles: Partial<Record<TrainingTask, string>> = {},
): PreparedRun {
  const tasks = options.tasks ?? [...TASKS]
  const pieces = history(store)
  const split = splitByTime(pieces)
  if (!split.enough)
    throw new IdiolectError('TooFewPieces', split.note ?? 'there are too few pieces', 'Import more of your writing.')
  const builder = createPromptBuilder(base)
  const limit = Math.min(options.maxTokens ?? 512, base.contextSize - prefixRows(options))
  const promptOf = (task: TrainingTask) => ({
    ...DEFAULT_PROMPT[task],
    maxTokens: limit,
    profile: profiles[task] ?? null,
  })
  const most = (task: TrainingTask) => (task === 'headline' ? MOST_HEADLINES : MOST_PROSE)

  const train: PreparedRun['train'] = []
  const validation: TokenExample[] = []
  const proof: ProofQuery[] = []
  for (const task of tasks) {
    const earlier = queriesOf(task, split.training)
    if (task === 'headline') earlier.push(...pickedHeadlines(store, [...split.validation, ...split.proof]))
    const bound = most(task)
    for (const query of spread(earlier, bound.train)) {
      train.push({ task, example: builder.example(query, [], promptOf(task)) })
    }
    for (const query of spread(queriesOf(task, split.validation), bound.validation)) {
      validation.push(builder.example(query, [], promptOf(task)))
    }
    const search = createBm25(earlier.map((query) => query.input))
    for (const query of spread(queriesOf(task, split.proof), bound.proof)) {
      const allowed = new Set(earlierPairs(query, earlier).map((pair) => pair.document))
      const hits = search.search(query.input, earlier.length).map((hit) => earlier[hit.index] as TaskQuery)
      const retrieved = hits.filter((hit) => allowed.has(hit.document)).slice(0, DEFAULT_RETRIEVED[task])
      proof.push({ query, retrieved: retrieved.map(({ document, input, answer }) => ({ document, input, answer })) })
    }
  }
  if (train.length < 8 || proof.length === 0) {
    throw new IdiolectError(
      'TooFewPieces',
      `${pieces.length} pieces gave ${train.length} examples to learn from and ${proof.length} to prove on`,
      'Import more of your writing; pieces need titles to learn headlines from.',
    )
  }
  proof.sort((a, b) =>
    byTime({ date: a.query.date, id: a.query.document }, { date: b.query.date, id: b.query.document }),
  )
  const tokens = train.reduce((sum, { example }) => sum + example.tokens.length, 0)
  const settings = chosenSettings(defaultSettings({ examples: train.length, tokens, threads }), options)
  return { settings, train, validation, proof, profiles, pieces: pieces.length, tokens, note: split.note }
}

/** Tokens of the context that a prompt's own rows take. */
function prefixRows({ kind, virtualTokens = VIRTUAL_TOKENS }: TrainOptions): number {
  return kind === 'prompt' ? virtualTokens : 0
}

function chosenSettings(defaults: TrainSettings, options: TrainOptions): TrainSettings {
  const { rank, alpha, rslora, loraPlus, targets, lr, epochs, batch, dropout, seed, threads } = options
  const given = {
    rank,
    alpha: alpha ?? rank,
    rslora,
    lrRatioB: loraPlus,
    targets: targets && parseTargets(targets),
    lr,
    epochs,
    batch,
    dropout,
    seed,
    threads,
    device: meantDevice(options.device),
  }
  return {
    ...defaults,
    ...kindSettings(options.kind, options.virtualTokens),
    ...(Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as Partial<TrainSettings>),
  }
}

/** What one kind of adapter has, another has not. */
function checkKind(options: TrainOptions): void {
  const { kind = 'lora', rank, alpha, rslora, loraPlus, targets, dropout, virtualTokens } = options
  if (!ADAPTER_KINDS.includes(kind))
    throw new IdiolectError('BadOption', `${JSON.stringify(kind)} is no kind`, `Kinds are ${ADAPTER_KINDS.join(', ')}.`)
  const foreign = kind === 'lora' ? { virtualTokens } : { rank, alpha, rslora, loraPlus, targets, dropout }
  const given = { ...foreign, ...(kind === 'ia3' ? { virtualTokens } : {}) }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined)
      throw new IdiolectError('BadOption', `a voice of the kind ${kind} has no ${name}`, 'Leave the option out.')
  }
}

/** Errors: IdiolectError `BadOption`, `BadName`. */
export function checkOptions(options: TrainOptions): void {
  const whole = {
    rank: [1, 256],
    epochs: [1, 100],
    batch: [1, 1024],
    maxTokens: [32, 131_072],
    threads: [1, 256],
    seed: [0, 2 ** 32],
    virtualTokens: [1, 512],
  } as const
  for (const [name, [least, most]] of Object.entries(whole)) {
    const value = options[name as keyof typeof whole]
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue
    throw new IdiolectError('BadOption', `${name} takes a whole number from ${least} to ${most}, not ${value}`, null)
  }
  const real = { lr: [0, 1], alpha: [0, 4096], loraPlus: [0, 1000], dropout: [0, 0.9] } as const
  for (const [name, [least, most]] of Object.entries(real)) {
    const value = options[name as keyof typeof real]
    if (value === undefined || (value >= least && value <= most && (name === 'dropout' || value > 0))) continue
    throw new IdiolectError('BadOption', `${name} takes a number from ${least} to ${most}, not ${value}`, null)
  }
  checkKind(options)
  const { rslora } = options
  if (rslora !== undefined && typeof rslora !== 'boolean')
    throw new IdiolectError('BadOption', `rslora is true or false, not ${JSON.stringify(rslora)}`, null)
  if (options.targets?.length === 0)
    throw new IdiolectError('BadOption', 'no target was given', 'Targets are q, k, v, o, gate, up, down, or all.')
  if (options.targets) parseTargets(options.targets)
  if ((options.name?.length ?? 0) > 120) throw new IdiolectError('BadName', 'a name has 1 to 120 characters', null)
  for (const task of options.tasks ?? []) {
    if (!TASKS.includes(task))
      throw new IdiolectError('BadOption', `${JSON.stringify(task)} is no task`, `Tasks are ${TASKS.join(', ')}.`)
  }
  if (options.device !== undefined && !DEVICES.includes(options.device)) {
    throw new IdiolectError(
      'BadOption',
      `${JSON.stringify(options.device)} is no device`,
      `Devices are ${DEVICES.join(', ')}.`,
    )
  }
  if (options.tasks?.length === 0)
    throw new IdiolectError('BadOption', 'no task was given', `Tasks are ${TASKS.join(', ')}.`)
}

const proofQueriesFile = (folder: string): string => path.join(folder, 'proof-queries.json')

export function writeProofQueries(folder: string, proof: ProofQuery[]): void {
  writeAtomically(proofQueriesFile(folder), (append) => append(Buffer.from(`${JSON.stringify(proof, null, 1)}\n`)))
}

export function readProofQueries(folder: string): ProofQuery[] {
  const file = proofQueriesFile(folder)
  if (!existsSync(file)) throw new IdiolectError('BadRun', `${file} is missing`, 'Train again.')
  return JSON.parse(readFileSync(file, 'utf8')) as ProofQuery[]
}

/**
 * The forecast of a prepared run.
 * @param speed as last measured for this base, or null
 * @param memoryBytes by the memory plan
 */
export function forecastOf(
  run: PreparedRun,
  speed: { tokensPerSecond: number } | null,
  memoryBytes: number,
): TrainingForecast {
  const { settings, train, validation, proof } = run
  const seconds = speed ? (run.tokens * settings.epochs) / speed.tokensPerSecond : null
  const { rank, alpha, targets, lr, epochs, batch, seed, threads } = settings
  return {
    ready: true,
    why: run.note,
    pieces: run.pieces,
    examples: { train: train.length, validation: validation.length, proof: proof.length },
    tokens: run.tokens * epochs,
    steps: Math.ceil(train.length / batch) * epochs,
    seconds,
    memoryBytes,
    options: { rank, alpha, targets, lr, epochs, batch, seed, threads },
  }
}
