/**
 * From the library to a run: what is trained on, what settings are chosen by, and what is held out for the proof. All
 * of it is written into the run folder, so that the folder alone is enough to resume and to prove.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Said, TrainingForecast, TrainingTask, TrainOptions } from '../../../preload/contract.ts'
import { writeJson } from '../../atomic.ts'
import { IdiolectError } from '../../errors.ts'
import { MINIMUM_PIECES } from '../../evaluation/verdict.ts'
import { DEFAULT_PROMPT, defaultSettings } from '../../examples/defaults.ts'
import { createPromptBuilder, MAX_PROFILE } from '../../examples/prompt.ts'
import { tasksOnScale } from '../../examples/rate.ts'
import { byTime } from '../../examples/split.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { RetrievedPair, TaskQuery } from '../../examples/types.ts'
import type { Base } from '../../inference/types.ts'
import { ADAPTER_KINDS } from '../../model/adapter.ts'
import { parseTargets } from '../../model/lora.ts'
import { english, say } from '../../said.ts'
import { VIRTUAL_TOKENS } from '../../trainer/adapter-of.ts'
import type { TokenExample, TrainSettings } from '../../trainer/types.ts'
import { type LearnedNote, learnedNote } from '../library/learned.ts'
import { DEVICES } from '../models/devices.ts'
import { givenSettings } from './given-settings.ts'
import { createRunExamples } from './run-examples.ts'
import type { RunTasks } from './run-tasks.ts'

/** Tokens of an example when nothing else is said, and of what stands around a profile. */
const LONGEST = 512
const LABEL_ROOM = 8

export interface ProofQuery {
  query: TaskQuery
  /** Nearest earlier pieces of the training side, chosen when the run was made. */
  retrieved: RetrievedPair[]
  /** Those that are shown where no voice speaks; the same when left out. */
  withoutVoice?: RetrievedPair[]
}

export interface PreparedRun {
  settings: TrainSettings
  /** Those that are learnt, without those that were left out. */
  tasks: TrainingTask[]
  /** Scores of the scale that the prompts name. */
  scale: number[]
  /** Tags that the proof's are compared with. */
  vocabulary: string[]
  train: { task: TrainingTask; example: TokenExample }[]
  validation: TokenExample[]
  proof: ProofQuery[]
  /** The owner's profile by task, as every prompt has it. */
  profiles: Partial<Record<TrainingTask, string>>
  pieces: number
  tokens: number
  /** What is to be expected of few pieces, what was left out; or null. */
  note: string | null
  noteSaid: Said | null
  /** See `LearntBefore`. */
  unknownStart: string | null
  learned: LearnedNote
}

/**
 * @param tasks as `runTasks` chose them
 * @param options as `checkOptions` lets them pass
 * @param profiles shown above every prompt of their task, in all three parts
 * Errors: IdiolectError `TooFewPieces`.
 */
export function prepareRun(
  { parts, pieces, library, scale, vocabulary, noteSaid: taskNotes, unknownStart }: RunTasks,
  base: Base,
  options: TrainOptions,
  threads: number,
  profiles: Partial<Record<TrainingTask, string>> = {},
): PreparedRun {
  const builder = createPromptBuilder(base, tasksOnScale({ scores: scale }))
  const promptOf = (task: TrainingTask) => {
    const profile = profiles[task] ?? null
    // Without room of its own, a profile would be the first to go from long prompts, and come back in the proof.
    const usual = profile === null ? LONGEST : LONGEST + MAX_PROFILE + LABEL_ROOM
    const maxTokens = Math.min(options.maxTokens ?? usual, base.modelContext - prefixRows(options))
    return { ...DEFAULT_PROMPT[task], maxTokens, profile }
  }

  const seed = options.seed ?? 1
  const train: PreparedRun['train'] = []
  const validation: TokenExample[] = []
  const proof: ProofQuery[] = []
  for (const { task, earlier, ...part } of parts) {
    const examples = createRunExamples(task, earlier, { builder, prompt: promptOf(task), seed, owner: 'owner' })
    for (const query of part.training) train.push({ task, example: examples.training(query) })
    for (const query of part.validation) validation.push(examples.validation(query))
    for (const query of part.proof) {
      proof.push({ query, retrieved: examples.retrieved(query), withoutVoice: examples.withoutVoice(query) })
    }
  }
  if (train.length < 8 || proof.length === 0) {
    const few = say('note.fewExamples', pieces, train.length, proof.length)
    const said = taskNotes === null ? few : say('note.list', [few, taskNotes])
    throw new IdiolectError(
      'TooFewPieces',
      english(said),
      'Import more of your writing; pieces need titles to learn headlines from, and tags or ratings for these.',
      { said },
    )
  }
  proof.sort((a, b) =>
    byTime({ date: a.query.date, id: a.query.document }, { date: b.query.date, id: b.query.document }),
  )
  const tokens = train.reduce((sum, { example }) => sum + example.tokens.length, 0)
  const settings = { ...defaultSettings({ examples: train.length, tokens, threads }), ...givenSettings(options) }
  const tasks = parts.map(({ task }) => task)
  const learned = learnedNote(parts, library)
  const noteSaid = withChance(taskNotes, proof)
  const note = noteSaid && english(noteSaid)
  const about = { pieces, tokens, note, noteSaid, unknownStart, learned }
  return { settings, tasks, scale, vocabulary, train, validation, proof, profiles, ...about }
}

/** The notes, and where so few pieces gave anything to prove on that no voice can win, that first. */
function withChance(notes: Said | null, proof: readonly ProofQuery[]): Said | null {
  const pieces = new Set(proof.map(({ query }) => query.document)).size
  if (pieces >= MINIMUM_PIECES) return notes
  const why = say('note.cannotWin', pieces, MINIMUM_PIECES)
  const others = notes?.code === 'note.list' ? notes.values[0] : notes === null ? [] : [notes]
  return say('note.list', [why, ...others])
}

/** Tokens of the context that a prompt's own rows take. */
function prefixRows({ kind, virtualTokens = VIRTUAL_TOKENS }: TrainOptions): number {
  return kind === 'prompt' ? virtualTokens : 0
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
    if (!TASK_NAMES.includes(task))
      throw new IdiolectError('BadOption', `${JSON.stringify(task)} is no task`, `Tasks are ${TASK_NAMES.join(', ')}.`)
  }
  if (options.device !== undefined && !DEVICES.includes(options.device)) {
    throw new IdiolectError(
      'BadOption',
      `${JSON.stringify(options.device)} is no device`,
      `Devices are ${DEVICES.join(', ')}.`,
    )
  }
  if (options.tasks?.length === 0)
    throw new IdiolectError('BadOption', 'no task was given', `Tasks are ${TASK_NAMES.join(', ')}.`)
}

const proofQueriesFile = (folder: string): string => path.join(folder, 'proof-queries.json')

export function writeProofQueries(folder: string, proof: ProofQuery[]): void {
  writeJson(proofQueriesFile(folder), proof)
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
    said: run.noteSaid,
    pieces: run.pieces,
    tasks: run.tasks,
    examples: { train: train.length, validation: validation.length, proof: proof.length },
    tokens: run.tokens * epochs,
    steps: Math.ceil(train.length / batch) * epochs,
    seconds,
    memoryBytes,
    options: { rank, alpha, targets, lr, epochs, batch, seed, threads },
  }
}
