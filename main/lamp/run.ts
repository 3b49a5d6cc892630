/**
 * Runs methods over the users of a LaMP-shaped file: trains each user's voice on the whole history, scores the queries,
 * and keeps every result on disk as it comes. Knows neither the trainer nor the runtime: both are handed in.
 */
import path from 'node:path'
import { IdiolectError } from '../errors.ts'
import type { BuildExample, RetrievedPair, TaskQuery } from '../examples/types.ts'
import type { Base } from '../inference/types.ts'
import type { TokenExample, TrainResult, TrainSettings } from '../trainer/types.ts'
import { lampExamples, lampQueries, lampRetrieval } from './examples.ts'
import type { LampFile, LampUser } from './file.ts'
import {
  beginTraining,
  fileSha256,
  hashOf,
  type KeptVoice,
  keepVoice,
  keptVoice,
  makeFolder,
  userFolder,
} from './folder.ts'
import { type LampMethodResult, type Scoring, scoreUnit, summarize, type Unit } from './score.ts'

export const LAMP_METHODS = ['base', 'retrieval', 'voice', 'voice+retrieval', 'other'] as const
export type LampMethod = (typeof LAMP_METHODS)[number]

/** The small protocol's settings: OPPU's own, with the learning rate that a model of 135M needs. */
export const LAMP_SETTINGS: TrainSettings = {
  rank: 8,
  alpha: 8,
  targets: ['q', 'v'],
  dropout: 0.05,
  lr: 2e-3,
  warmup: 0.1,
  weightDecay: 0.01,
  clip: 0.3,
  epochs: 2,
  batch: 16,
  seed: 1,
  threads: 1,
  patience: 0,
}

export interface LampProgress {
  user: string | null
  stage: 'note' | 'training' | 'scoring' | 'generating'
  /** A line of text. */
  message: string
}

/** Trains one voice. With `resume`, the folder holds a begun run of the same examples and settings. */
export type TrainVoice = (
  examples: TokenExample[],
  validation: TokenExample[],
  settings: TrainSettings,
  runFolder: string,
  context: { user: string; resume: boolean; signal?: AbortSignal },
) => Promise<TrainResult>

export interface LampRunOptions {
  base: Base
  /** sha256 of the base's file, where known; else it is computed. */
  baseSha256?: string
  file: LampFile
  builder: { example: BuildExample }
  train: TrainVoice
  /** Where results are kept; the same folder again takes up what is finished. */
  out: string
  /** Ids; default all of the file. */
  users?: string[]
  /** Default all. */
  methods?: string[]
  /** Queries a user at most; default all. */
  queries?: number
  /** Tokens of an input at most, of a retrieved one too; default 160. */
  maxInput?: number
  /** Tokens of prompt and answer together at most; default what the base's context holds. */
  maxTokens?: number
  /** Instead of LAMP_SETTINGS. */
  settings?: Partial<TrainSettings>
  /** Also write answers and score them by ROUGE. */
  generate?: boolean
  /** Of training (unless in `settings`) and of generation; default 1. */
  seed?: number
  onProgress?: (progress: LampProgress) => void
  signal?: AbortSignal
}

export interface LampUserResult {
  methods: Partial<Record<LampMethod, LampMethodResult>>
  /** Null when no method asked for a voice. Tokens are all that were computed, prompt and answer, over all epochs. */
  training: Pick<TrainResult, 'tokens' | 'seconds' | 'tokensPerSecond' | 'peakMemoryBytes'> | null
}

export interface LampResult {
  users: Record<string, LampUserResult>
}

/**
 * Every method for every chosen user. NLL in nats per answer token, the end token counted; `retrieval` puts the nearest
 * earlier item before the query; `other` is the mean over the other chosen users' voices.
 *
 * A finished voice is kept while its examples, settings (threads aside) and base are the same, a score while its tokens
 * and voice are; so a run that was killed, or is asked for more methods or queries, does only what is missing.
 * Errors: `UnknownUser`, `UnknownMethod`, `TooFewUsers`, `NothingToScore`, `CannotWrite`, `OutFolderInUse`, and the
 * trainer's own. An abort rejects with the signal's reason; what was finished stays.
 */
export async function runLamp(options: LampRunOptions): Promise<LampResult> {
  const { signal, onProgress, out } = options
  const users = chosenUsers(options)
  const methods = chosenMethods(options.methods ?? [...LAMP_METHODS])
  const seed = options.seed ?? 1
  const maxInput = options.maxInput ?? 160
  const maxTokens = options.maxTokens ?? options.base.contextSize
  const settings: TrainSettings = { ...LAMP_SETTINGS, seed, ...definedOf(options.settings ?? {}) }
  if (methods.includes('other') && users.length < 2) {
    throw new IdiolectError(
      'TooFewUsers',
      `The method "other" needs the voices of 2 or more users, and ${users.length} is chosen (${users[0]?.id})`,
      'Choose more users, or leave "other" out of the methods.',
    )
  }
  const needsVoice = methods.some((method) => method !== 'base' && method !== 'retrieval')
  const plans = users.map((user) => {
    const queries = lampQueries(user, options.queries)
    const examples = needsVoice ? lampExamples(user, options.builder, { maxInput, maxTokens }) : []
    if (queries.length === 0 || (needsVoice && examples.length === 0)) {
      throw new IdiolectError(
        'NothingToScore',
        `${user.id} has ${queries.length} usable queries and ${user.profile.length} usable items of history`,
        'Leave this user out.',
      )
    }
    return { user, queries, examples, folder: userFolder(out, user.id), retrieve: retrieval(user) }
  })
  for (const message of options.file.notes) onProgress?.({ user: null, stage: 'note', message })

  const baseSha256 = options.baseSha256 ?? (await fileSha256(options.base.file))
  const scoring: Omit<Scoring, 'folder' | 'user'> = {
    base: options.base,
    baseSha256,
    builder: options.builder,
    prompt: { maxInput, maxRetrieved: maxInput, maxTokens },
    generate: options.generate ?? false,
    seed,
    onProgress,
    signal,
  }
  const voices = new Map<string, KeptVoice>()
  const results: Record<string, LampUserResult> = {}
  const score = async ({ user, folder, queries, retrieve }: (typeof plans)[number], unit: Omit<Unit, 'queries'>) =>
    scoreUnit(
      { ...scoring, folder, user: user.id },
      { ...unit, queries: asked(queries, unit.retrieval ? retrieve : null) },
    )

  for (const plan of plans) {
    signal?.throwIfAborted()
    const { user, folder, examples } = plan
    makeFolder(folder)
    const result: LampUserResult = { methods: {}, training: null }
    results[user.id] = result
    for (const method of ['base', 'retrieval'] as const) {
      if (!methods.includes(method)) continue
      result.methods[method] = summarize([
        await score(plan, { method, voice: null, retrieval: method === 'retrieval' }),
      ])
    }
    if (!needsVoice) continue
    const voice = await voiceFor(user.id, folder, examples, settings, baseSha256, options)
    voices.set(user.id, voice)
    const { tokens, seconds, tokensPerSecond, peakMemoryBytes } = voice.training
    result.training = { tokens, seconds, tokensPerSecond, peakMemoryBytes }
    for (const method of ['voice', 'voice+retrieval'] as const) {
      if (!methods.includes(method)) continue
      result.methods[method] = summarize([await score(plan, { method, voice, retrieval: method !== 'voice' })])
    }
  }
  if (methods.includes('other')) {
    for (const plan of plans) {
      const others = [...voices.values()].filter((voice) => voice.user !== plan.user.id)
      const scores = []
      for (const voice of others) scores.push(await score(plan, { method: 'other', voice, retrieval: false }))
      const result = results[plan.user.id] as LampUserResult
      result.methods.other = summarize(scores)
    }
  }
  return { users: results }
}

async function voiceFor(
  user: string,
  folder: string,
  examples: TokenExample[],
  settings: TrainSettings,
  baseSha256: string,
  { train, onProgress, signal }: LampRunOptions,
): Promise<KeptVoice> {
  // Threads change the speed, not what is trained.
  const { threads: _threads, ...decisive } = settings
  const sorted = Object.entries(decisive).sort(([a], [b]) => (a < b ? -1 : 1))
  const plan = hashOf(['voice 1', baseSha256, JSON.stringify(sorted), ...examples])
  const kept = await keptVoice(folder, user, plan)
  if (kept) {
    onProgress?.({ user, stage: 'training', message: `${user}: voice kept from ${path.basename(folder)}` })
    return kept
  }
  const { runFolder, resume } = beginTraining(folder, user, plan)
  const how = resume ? 'goes on training' : 'trains'
  onProgress?.({ user, stage: 'training', message: `${user}: ${how} on ${examples.length} examples` })
  const result = await train(examples, [], settings, runFolder, { user, resume, signal })
  return keepVoice(folder, user, plan, result)
}

function retrieval(user: LampUser): (query: TaskQuery) => RetrievedPair[] {
  let search: ((query: TaskQuery) => RetrievedPair[]) | null = null
  return (query) => {
    // Built on the first use: the index is idle work for methods without retrieval.
    search ??= lampRetrieval(user, 1)
    return search(query)
  }
}

function asked(queries: TaskQuery[], retrieve: ((query: TaskQuery) => RetrievedPair[]) | null): Unit['queries'] {
  return queries.map((query) => ({ query, retrieved: retrieve?.(query) ?? [] }))
}

function chosenUsers({ file, users }: LampRunOptions): LampUser[] {
  if (users === undefined) return file.users
  return [...new Set(users)].map((id) => {
    const user = file.users.find((candidate) => candidate.id === id)
    if (user) return user
    throw new IdiolectError(
      'UnknownUser',
      `${file.file} has no user "${id}"`,
      `Choose from ${file.users.map((candidate) => candidate.id).join(', ')}.`,
    )
  })
}

function chosenMethods(methods: string[]): LampMethod[] {
  return methods.map((name) => {
    const method = LAMP_METHODS.find((known) => known === name)
    if (method) return method
    throw new IdiolectError('UnknownMethod', `There is no method "${name}"`, `Choose from ${LAMP_METHODS.join(', ')}.`)
  })
}

/** Without the keys whose value is undefined, so that an option not given does not hide its default. */
export function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>
}
