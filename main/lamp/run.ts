/**
 * Runs methods over the users of a LaMP-shaped file: trains the adapters that they need, scores the held-out queries,
 * and keeps every result on disk as it comes. Knows neither the trainer nor the runtime: both are handed in.
 */
import path from 'node:path'
import { makeFolder } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { rouge } from '../evaluation/metrics.ts'
import type { RetrievedPair, TaskQuery } from '../examples/types.ts'
import { hashOf } from '../hash.ts'
import { COPE } from '../inference/contrast.ts'
import { createAdapters } from './adapters.ts'
import { checkMethods, decisiveSettings, usersHash, withoutLonely, writers } from './asked.ts'
import { createBaselines } from './baseline-methods.ts'
import { lampQueries, lampSearch, promptOptions } from './examples.ts'
import { fileSha256, type KeptVoice, lockOut, userFolder } from './folder.ts'
import { decodingOf, generateUnit, keptTexts, withTexts } from './generate.ts'
import { judgeWritten, labelsOf } from './labels.ts'
import { FIRST_METHODS, type Method, parseMethods } from './methods.ts'
import { budgetOf, type LampRunOptions, OTHERS } from './options.ts'
import { createProfiles } from './profiles.ts'
import { createRenewing } from './renewing.ts'
import {
  joined,
  type LampMethodResult,
  type LampRunRecord,
  type LampText,
  readUser,
  type UserRecord,
  writeRun,
  writeUser,
} from './result.ts'
import { type Scoring, scoreUnit, type Unit } from './score.ts'
import { summarize, type VoiceScores } from './summarize.ts'
import type { LampUser } from './types.ts'
import { chosenUsers, createMates, type Lent, panelOf, scorable, shardOf, withVoices } from './users.ts'

export interface LampUserResult {
  /** By the names that the methods were asked for. */
  methods: Record<string, LampMethodResult>
  /** Of the user's first voice; null when no method asked for one. Tokens are prompt and answer, over all epochs. */
  training: Pick<KeptVoice['training'], 'tokens' | 'seconds' | 'tokensPerSecond' | 'peakMemoryBytes'> | null
}

export interface LampResult {
  users: Record<string, LampUserResult>
}

/**
 * Every method for every chosen user. NLL in nats per answer token, the end token counted.
 *
 * A finished adapter is kept while its examples, settings (threads aside) and base are the same, a score while its
 * tokens and adapters are; so a run that was killed, or is asked for more methods or queries, does only what is missing.
 * Errors: `UnknownUser`, `UnknownMethod`, `TooFewUsers`, `TaskUserInRun`, `NothingToScore`, `NoProfiles`, `NoHybrid`,
 * `BadShard`, `CannotWrite`, `OutFolderInUse`, `OutFolderBusy`, `ForeignRecord`, and the trainer's own. An abort rejects with the signal's reason; what
 * was finished stays.
 */
export async function runLamp(options: LampRunOptions): Promise<LampResult> {
  const { signal, onProgress, out, file } = options
  const wanted = parseMethods(options.methods ?? FIRST_METHODS, file.task)
  const asked = chosenUsers(options).map((user) => options.history?.(user) ?? user)
  const everyone = scorable(options, wanted, asked)
  const able = wanted.some(({ voice }) => voice === 'other') ? withVoices(options) : []
  const methods = withoutLonely(options, wanted, able)
  const users = shardOf(everyone, options.shard)
  const seed = options.seed ?? 1
  const budget = budgetOf(options)
  const contrast = { ...COPE, ...options.contrast }
  const others = options.others ?? OTHERS
  const panel = methods.some(({ voice }) => voice === 'other') ? panelOf(able, { others, seed, file: file.file }) : []
  checkMethods(options, methods)

  const baseSha256 = options.baseSha256 ?? (await fileSha256(options.base.file))
  const bases = options.bases ?? createRenewing(options)
  const profiles = createProfiles(options, { seed, baseSha256, base: bases.current })
  const adapters = createAdapters(options, { budget, baseSha256, seed, profileOf: profiles.of })
  for (const method of methods) for (const user of users) adapters.names(user, method)
  const overTask = methods.filter(({ task, voice }) => task && voice === 'other')
  const mates = new Map(
    overTask.map((method) => [
      method,
      createMates({ able, panel, others, seed }, (user) => adapters.names(user, method).task),
    ]),
  )
  const lentTo = (user: LampUser, method: Method): Lent =>
    mates.get(method)?.(user) ?? { users: panel.filter(({ id }) => id !== user.id).slice(0, others), foreign: 0 }
  const lenders = new Set([
    ...(methods.some(({ task, voice }) => !task && voice === 'other') ? panel : []),
    ...overTask.flatMap((method) => users.flatMap((user) => lentTo(user, method).users)),
  ])
  for (const message of file.notes) onProgress?.({ user: null, stage: 'note', message })

  const decoding = decodingOf(file.task, file.benchmark?.id ?? null)
  const writes = writers(options, methods)
  const labels = file.benchmark?.labels ?? undefined
  const decisive = decisiveSettings(options, { budget, contrast, others, seed })
  const config = hashOf([baseSha256, JSON.stringify(decisive), usersHash(file.users)]).slice(0, 24)
  makeFolder(out)
  const record: LampRunRecord = {
    version: 1,
    config,
    file: path.basename(file.file),
    task: file.task,
    base: { file: path.basename(options.base.file), sha256: baseSha256 },
    methods: methods.map(({ name }) => name),
    users: users.map(({ id }) => id),
    panel: [...lenders].map(({ id }) => id),
    shard: options.shard ?? null,
    taskFile: options.taskFile ? path.basename(options.taskFile.file) : null,
    labels: labels ? [...labels] : null,
    settings: decisive,
  }
  const note = (message: string): void => onProgress?.({ user: null, stage: 'note', message })
  const baselines = createBaselines(file.users)
  const results: LampResult = { users: {} }
  for (const { id } of users) results.users[id] = { methods: {}, training: null }

  const runMethod = async (user: LampUser, method: Method): Promise<void> => {
    signal?.throwIfAborted()
    const folder = userFolder(out, user.id)
    makeFolder(folder)
    const queries = lampQueries(user, options.queries)
    const golds = queries.map(({ answer }) => answer)
    if (method.baseline) {
      const scores = baselines.score(method.baseline, user, queries)
      keep(folder, user, method, summarize([{ voice: null, scores }], golds, { labels }))
      return
    }
    const laid = await laidFor(user, method)
    const scoring: Scoring = {
      base: await bases.current(),
      baseSha256,
      seed,
      folder,
      user: user.id,
      task: user.task,
      labels: labelsOf(user),
      onProgress,
      signal,
    }
    const prompts = await promptsFor(user, method, queries)
    const voices: Omit<VoiceScores, 'texts'>[] = []
    const texts: (LampText | null)[][] = []
    for (const { voice, under, whose } of laid) {
      const unit: Unit = {
        method: method.name,
        laid: [...(under ? [under] : []), ...(voice ? [voice] : [])],
        voice: whose,
        contrast: method.voice === 'cope' ? { ...contrast, against: under ? [under] : [] } : null,
        queries: prompts,
      }
      bases.count(unit.laid)
      // What an earlier run wrote stays in the result, though this one writes nothing.
      const written = writes.has(method.name) ? generateUnit : keptTexts
      texts.push(await written(scoring, unit, decoding))
      voices.push({ voice: whose, scores: await scoreUnit(scoring, unit) })
    }
    const judge = ({ gold, text }: LampText, i: number) =>
      user.task === 'tag' || user.task === 'rate'
        ? judgeWritten(user.task, text, { gold, golds: user.queries[i]?.golds })
        : rouge(gold, text)
    const result = summarize(withTexts(voices, texts, judge), golds, { isMean: method.voice === 'other', labels })
    const { foreign } = method.voice === 'other' ? lentTo(user, method) : { foreign: 0 }
    keep(folder, user, method, foreign === 0 ? result : { ...result, foreign })
    const shown = results.users[user.id] as LampUserResult
    const own = method.voice === 'own' || method.voice === 'cope' ? laid[0]?.voice : null
    if (own && shown.training === null) {
      const { tokens, seconds, tokensPerSecond, peakMemoryBytes } = own.training
      shown.training = { tokens, seconds, tokensPerSecond, peakMemoryBytes }
    }
  }

  /** What is laid over the base: once, or once for each voice of a mean. */
  const laidFor = async (
    user: LampUser,
    method: Method,
  ): Promise<{ voice: KeptVoice | null; under: KeptVoice | null; whose: string | null }[]> => {
    const under = method.task ? await adapters.task(user, method) : null
    if (method.voice === 'none') return [{ voice: null, under, whose: null }]
    if (method.voice !== 'other') return [{ voice: await adapters.voice(user, method), under, whose: user.id }]
    const laid = []
    for (const other of lentTo(user, method).users) {
      // Over this user's task adapter: another's may have been trained on this user.
      laid.push({ voice: await adapters.voice(other, method), under, whose: other.id })
    }
    return laid
  }

  const promptsFor = async (user: LampUser, method: Method, queries: TaskQuery[]): Promise<Unit['queries']> => {
    const retrieve = await retrieval(options, user, method)
    const prompt = promptOptions(budget, method.retrieved, method.profile ? await profiles.of(user) : null)
    const prompts = []
    for (const [i, query] of queries.entries()) {
      const retrieved = await retrieve(query)
      prompts.push({ query, golds: user.queries[i]?.golds, example: options.builder.example(query, retrieved, prompt) })
    }
    return prompts
  }

  const kept = (folder: string, { id }: LampUser): UserRecord | null => {
    try {
      return readUser(folder, config, id)
    } catch (error) {
      if (!(error instanceof IdiolectError && error.name === 'BadRecord')) throw error
      note(`${error.message}; it is written anew, and methods that this run is not asked for leave it`)
      return null
    }
  }

  const keep = (folder: string, user: LampUser, method: Method, result: LampMethodResult): void => {
    const record: UserRecord = kept(folder, user) ?? {
      version: 1,
      config,
      user: user.id,
      task: user.task,
      golds: Object.fromEntries(lampQueries(user, options.queries).map(({ document, answer }) => [document, answer])),
      methods: {},
    }
    record.methods[method.name] = result
    writeUser(folder, record)
    const shown = results.users[user.id] as LampUserResult
    shown.methods[method.asked] = result
  }

  const lock = lockOut(out)
  try {
    writeRun(out, joined(out, record, note))
    // Others' voices last: every user's own results are there before the voices of the panel are trained.
    const passes = [methods.filter(({ voice }) => voice !== 'other'), methods.filter(({ voice }) => voice === 'other')]
    for (const pass of passes) for (const user of users) for (const method of pass) await runMethod(user, method)
    return results
  } finally {
    lock.release()
  }
}

async function retrieval(
  { hybrid }: LampRunOptions,
  user: LampUser,
  { retrieved, how }: Method,
): Promise<(query: TaskQuery) => RetrievedPair[] | Promise<RetrievedPair[]>> {
  if (retrieved === 0) return () => []
  const search = how === 'hybrid' && hybrid ? await hybrid(user) : lampSearch(user)
  return (query) => search.atUse(query, retrieved)
}
