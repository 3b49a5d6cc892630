/** Scores one user's queries under one method and voice, keeping every score as it comes. */
import path from 'node:path'
import { z } from 'zod'
import { meanRouge } from '../evaluation/metrics.ts'
import { perToken } from '../evaluation/statistics.ts'
import type { BuildExample, PromptOptions, RetrievedPair, TaskQuery } from '../examples/types.ts'
import type { Base, VoiceUse } from '../inference/types.ts'
import type { TokenExample } from '../trainer/types.ts'
import { appendLines, hashOf, type KeptVoice, readLines } from './folder.ts'

export interface Scoring {
  base: Base
  baseSha256: string
  builder: { example: BuildExample }
  prompt: PromptOptions
  generate: boolean
  seed: number
  folder: string
  user: string
  onProgress?: (progress: { user: string; stage: 'scoring' | 'generating'; message: string }) => void
  signal?: AbortSignal
}

/** What is scored in one go: a method, under one voice or none. */
export interface Unit {
  method: string
  voice: KeptVoice | null
  retrieval: boolean
  queries: { query: TaskQuery; retrieved: RetrievedPair[] }[]
}

export interface LampText {
  query: string
  gold: string
  text: string
  /** Whose voice wrote it; null for the base. */
  voice: string | null
}

export interface UnitScore {
  voice: string | null
  /** Nats per answer token, the end token counted. */
  nll: number
  tokens: number
  queries: number
  /** Null unless answers were generated. */
  texts: LampText[] | null
}

export interface LampMethodResult {
  nll: number
  /** Answer tokens scored, the end tokens counted. */
  tokens: number
  queries: number
  /** NLL under each of the others' voices; of the method `other` only. */
  voices?: Record<string, number>
  rouge1?: number
  rougeL?: number
  texts?: LampText[]
}

const scoreLine = z.object({
  method: z.string(),
  voice: z.string().nullable(),
  query: z.string(),
  key: z.string(),
  nll: z.number(),
  tokens: z.number().int(),
})
const textLine = z.object({
  method: z.string(),
  voice: z.string().nullable(),
  query: z.string(),
  key: z.string(),
  text: z.string(),
})

/** Queries scored between two writes to disk: what a kill may cost. */
const CHUNK = 8

/** OPPU's decoding (arXiv 2402.04401, appendix). A title of more than 64 tokens is none. */
const DECODING = { temperature: 0.1, topK: 10, topP: 0.9 }
const MAX_TOKENS = { headline: 64, tag: 16, rate: 4, prose: 200 }

/** Scores what is not on disk yet, in chunks, and returns the whole. */
export async function scoreUnit(scoring: Scoring, unit: Unit): Promise<UnitScore> {
  const examples = unit.queries.map(({ query, retrieved }) => scoring.builder.example(query, retrieved, scoring.prompt))
  const use: VoiceUse | null = unit.voice && { file: unit.voice.file, scale: 1 }
  const voice = unit.voice?.user ?? null
  const keys = examples.map((example) => hashOf([scoring.baseSha256, unit.voice?.sha256 ?? '', example]).slice(0, 24))
  const label = `${scoring.user}: ${unit.method}${unit.method === 'other' ? ` (${voice})` : ''}`

  const file = path.join(scoring.folder, 'scores.jsonl')
  const known = new Map(readLines(file, scoreLine).map((line) => [`${line.method} ${line.key}`, line]))
  const missing = keys.flatMap((key, i) => (known.has(`${unit.method} ${key}`) ? [] : [i]))
  for (let from = 0; from < missing.length; from += CHUNK) {
    scoring.signal?.throwIfAborted()
    const chunk = missing.slice(from, from + CHUNK)
    const scores = await scoring.base.score(
      chunk.map((i) => examples[i] as TokenExample),
      { voice: use, signal: scoring.signal },
    )
    scoring.signal?.throwIfAborted()
    const lines = chunk.map((i, at) => {
      const { nll, tokens } = scores[at] as { nll: number; tokens: number }
      const query = unit.queries[i]?.query.document as string
      if (!Number.isFinite(nll)) throw new Error(`${label}: the NLL of ${query} is ${nll}`)
      return { method: unit.method, voice, query, key: keys[i] as string, nll, tokens }
    })
    appendLines(file, lines)
    for (const line of lines) known.set(`${unit.method} ${line.key}`, line)
    const done = unit.queries.length - missing.length + from + chunk.length
    const message = `${label}: ${done} of ${unit.queries.length} queries`
    scoring.onProgress?.({ user: scoring.user, stage: 'scoring', message })
  }
  const scored = keys.map((key) => {
    const line = known.get(`${unit.method} ${key}`) as z.infer<typeof scoreLine>
    return { sum: line.nll, tokens: line.tokens }
  })
  return {
    voice,
    nll: perToken(scored),
    tokens: scored.reduce((sum, { tokens }) => sum + tokens, 0),
    queries: scored.length,
    texts: scoring.generate ? await generateUnit(scoring, unit, examples, keys, use, label) : null,
  }
}

async function generateUnit(
  scoring: Scoring,
  unit: Unit,
  examples: TokenExample[],
  keys: string[],
  use: VoiceUse | null,
  label: string,
): Promise<LampText[]> {
  const file = path.join(scoring.folder, 'texts.jsonl')
  const voice = unit.voice?.user ?? null
  const known = new Map(readLines(file, textLine).map((line) => [`${line.method} ${line.key}`, line.text]))
  const texts: LampText[] = []
  for (const [i, { query }] of unit.queries.entries()) {
    scoring.signal?.throwIfAborted()
    const key = hashOf([keys[i] as string, scoring.seed, JSON.stringify([DECODING, MAX_TOKENS])]).slice(0, 24)
    let text = known.get(`${unit.method} ${key}`)
    if (text === undefined) {
      text = await generateAnswer(scoring, query, examples[i] as TokenExample, use)
      appendLines(file, [{ method: unit.method, voice, query: query.document, key, text }])
    }
    texts.push({ query: query.document, gold: query.answer, text, voice })
    const message = `${label}: ${i + 1} of ${unit.queries.length} answers written`
    scoring.onProgress?.({ user: scoring.user, stage: 'generating', message })
  }
  return texts
}

async function generateAnswer(
  { base, seed, signal }: Scoring,
  query: TaskQuery,
  example: TokenExample,
  voice: VoiceUse | null,
): Promise<string> {
  // A headline is the first line that says something. No stop text can say so: a base may begin with an empty line.
  const enough = new AbortController()
  let text = ''
  const { text: whole } = await base.generate(example.tokens.slice(0, example.answerFrom), {
    ...DECODING,
    maxTokens: MAX_TOKENS[query.task],
    voice,
    seed,
    onText: (piece) => {
      text += piece
      if (query.task === 'headline' && text.trimStart().includes('\n')) enough.abort()
    },
    signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
  })
  signal?.throwIfAborted()
  return query.task === 'headline' ? (whole.trimStart().split('\n')[0] ?? '').trim() : whole.trim()
}

/** One method's scores, over one voice or several, as the result shows them: the mean over the voices. */
export function summarize(scores: UnitScore[]): LampMethodResult {
  const [first] = scores
  if (first === undefined) throw new Error('a method without scores')
  const result: LampMethodResult = {
    nll: scores.reduce((sum, { nll }) => sum + nll, 0) / scores.length,
    tokens: first.tokens,
    queries: first.queries,
  }
  if (scores.length > 1) result.voices = Object.fromEntries(scores.map(({ voice, nll }) => [voice ?? 'base', nll]))
  const texts = scores.flatMap((score) => score.texts ?? [])
  if (texts.length === 0) return result
  const { rouge1, rougeL } = meanRouge(
    texts.map(({ gold }) => gold),
    texts.map(({ text }) => text),
  )
  return { ...result, rouge1, rougeL, texts }
}
