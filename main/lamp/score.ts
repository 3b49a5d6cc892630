/** Scores one user's queries under one method and its voices, keeping every score as it comes. Knows no methods' names. */
import path from 'node:path'
import { z } from 'zod'
import { labelTokens, sharesOf } from '../examples/labels.ts'
import type { TaskName, TaskQuery } from '../examples/types.ts'
import { hashOf } from '../hash.ts'
import type { Base, Contrast, VoiceUse } from '../inference/types.ts'
import { appendLines, readLines } from '../lines.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { KeptVoice } from './folder.ts'
import { judgeLabels } from './labels.ts'
import type { QueryResult } from './result.ts'
import { timed } from './times.ts'

export interface Scoring {
  base: Base
  baseSha256: string
  seed: number
  /** The user's. */
  folder: string
  user: string
  task: TaskName
  /** Ranked by likelihood where the answer is one of a set; null for free text. */
  labels: string[] | null
  onProgress?: (progress: { user: string; stage: 'scoring' | 'generating'; message: string }) => void
  signal?: AbortSignal
}

/** CoPe's weight and threshold (see `Contrast`). */
export type ContrastOptions = Omit<Contrast, 'against'>

/** What is scored in one go: prompts under the same voices. */
export interface Unit {
  method: string
  /** Laid over the base together: task adapter and voice, either or none. */
  laid: KeptVoice[]
  /** Whose voice is in it; null for none. */
  voice: string | null
  /** Held against the task adapter, or the base where the method has none. */
  contrast: (ContrastOptions & { against: KeptVoice[] }) | null
  queries: { query: TaskQuery; golds?: string[]; example: TokenExample }[]
}

const scoreLine = z.object({
  method: z.string(),
  voice: z.string().nullable(),
  query: z.string(),
  key: z.string(),
  nll: z.number(),
  tokens: z.number().int(),
  /** Log-probabilities of the labels, nats. */
  labels: z.array(z.number()).optional(),
})
type ScoreLine = z.infer<typeof scoreLine>

/** Queries scored between two writes to disk: what a kill may cost. */
const CHUNK = 8

/** Digits of a log-probability that are kept: a millionth of a nat. */
const KEPT_DIGITS = 1e6

/** Of each query: what decides its score, and nothing else. */
export function scoreKeys(scoring: Scoring, unit: Unit): string[] {
  const { contrast } = unit
  const how = JSON.stringify([
    unit.laid.map(({ sha256 }) => sha256),
    contrast && [contrast.weight, contrast.plausible, contrast.against.map(({ sha256 }) => sha256)],
    scoring.labels,
  ])
  return unit.queries.map(({ example }) => hashOf([scoring.baseSha256, how, example]).slice(0, 24))
}

export const usesOf = (voices: KeptVoice[]): VoiceUse[] | null =>
  voices.length === 0 ? null : voices.map(({ file }) => ({ file, scale: 1 }))

export const contrastOf = ({ contrast }: Unit): { contrast?: Contrast } =>
  contrast === null
    ? {}
    : {
        contrast: {
          against: usesOf(contrast.against),
          weight: contrast.weight,
          plausible: contrast.plausible,
        },
      }

const scoresFile = (folder: string): string => path.join(folder, 'scores.jsonl')

const labelFor = ({ user }: Scoring, { method, voice }: Unit): string =>
  `${user}: ${method}${voice === null || voice === user ? '' : ` (${voice})`}`

/** Of the `i`-th query. */
function lineOf(scoring: Scoring, unit: Unit, key: string, i: number, score: Score): ScoreLine {
  const query = unit.queries[i]?.query.document as string
  if (!Number.isFinite(score.nll)) throw new Error(`${labelFor(scoring, unit)}: the NLL of ${query} is ${score.nll}`)
  return { method: unit.method, voice: unit.voice, query, key, ...score }
}

interface Score {
  nll: number
  tokens: number
  labels?: number[]
}

/** Keys of the scores that are on disk. */
export const scoredKeys = (folder: string): Set<string> =>
  new Set(readLines(scoresFile(folder), scoreLine).map(({ key }) => key))

/** For a score that came along with something else. */
export function keepScore(scoring: Scoring, unit: Unit, key: string, i: number, score: Score): void {
  appendLines(scoresFile(scoring.folder), [lineOf(scoring, unit, key, i, score)])
}

/** Scores what is not on disk yet, in chunks, and returns the whole, in the order of the unit's queries. */
export async function scoreUnit(scoring: Scoring, unit: Unit): Promise<QueryResult[]> {
  const { signal, folder, user } = scoring
  const keys = scoreKeys(scoring, unit)
  const file = scoresFile(folder)
  const known = new Map(readLines(file, scoreLine).map((line) => [line.key, line]))
  // Two queries may be asked in the very same words.
  const missing = [...new Map(keys.map((key, i) => [key, i])).values()].filter((i) => !known.has(keys[i] as string))
  const done = unit.queries.length - missing.length
  for (let from = 0; from < missing.length; from += CHUNK) {
    signal?.throwIfAborted()
    const chunk = missing.slice(from, from + CHUNK)
    const lines = await timed(folder, unit.method, 'scoring', async () => {
      const scores = await scoreChunk(scoring, unit, chunk)
      signal?.throwIfAborted()
      return chunk.map((i, at) => lineOf(scoring, unit, keys[i] as string, i, scores[at] as Score))
    })
    appendLines(file, lines)
    for (const line of lines) known.set(line.key, line)
    const message = `${labelFor(scoring, unit)}: ${done + from + chunk.length} of ${unit.queries.length} queries`
    scoring.onProgress?.({ user, stage: 'scoring', message })
  }
  return unit.queries.map(({ query, golds }, i) => {
    const { nll, tokens, labels } = known.get(keys[i] as string) as ScoreLine
    const result: QueryResult = { query: query.document, tokens, nll }
    if (scoring.labels === null || labels === undefined || (scoring.task !== 'tag' && scoring.task !== 'rate')) {
      return result
    }
    return { ...result, ...judgeLabels(scoring.task, scoring.labels, sharesOf(labels), { gold: query.answer, golds }) }
  })
}

async function scoreChunk({ base, labels, signal }: Scoring, unit: Unit, chunk: number[]): Promise<Score[]> {
  const options = { voice: usesOf(unit.laid), ...contrastOf(unit), signal }
  const queries = chunk.map((i) => unit.queries[i] as Unit['queries'][number])
  if (labels === null) {
    return base.score(
      queries.map(({ example }) => example),
      options,
    )
  }
  const scores = []
  for (const { query, example } of queries) {
    signal?.throwIfAborted()
    // A gold answer that is none of the labels has a likelihood too, but cannot be predicted.
    const at = labels.indexOf(query.answer)
    const asked = at === -1 ? [...labels, query.answer] : labels
    const ranked = await base.rank(
      example.tokens.slice(0, example.answerFrom),
      asked.map((label) => labelTokens(base, label)),
      options,
    )
    const gold = ranked[at === -1 ? labels.length : at]
    if (gold === undefined) throw new Error(`${ranked.length} ranks of ${asked.length} labels`)
    const logs = ranked
      .slice(0, labels.length)
      .map(({ logProbability }) => Math.round(logProbability * KEPT_DIGITS) / KEPT_DIGITS)
    scores.push({ nll: -gold.logProbability, tokens: gold.tokens, labels: logs })
  }
  return scores
}
