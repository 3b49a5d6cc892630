/** Writes one user's answers under one method, keeping every text as it comes. */
import path from 'node:path'
import { z } from 'zod'
import { rouge } from '../evaluation/metrics.ts'
import type { TaskName } from '../examples/types.ts'
import { hashOf } from '../hash.ts'
import { appendLines, readLines } from '../lines.ts'
import type { LampText, QueryResult } from './result.ts'
import { contrastOf, type Scoring, scoreKeys, type Unit, usesOf } from './score.ts'
import { OPPU_DECODING } from './tasks.ts'
import { timed } from './times.ts'

const textLine = z.object({
  method: z.string(),
  voice: z.string().nullable(),
  query: z.string(),
  key: z.string(),
  text: z.string(),
})

/** How answers are decoded. */
export interface Decoding {
  temperature: number
  topK: number
  topP: number
  maxTokens: number
  /** A title is the first line that says something; a tweet or a text may have several. */
  oneLine: boolean
}

/** OPPU's decoding; where the file is no benchmark's own, a title of more than 64 tokens is none. */
export function decodingOf(task: TaskName, benchmark: string | null): Decoding {
  const maxTokens = benchmark === null && task === 'headline' ? 64 : OPPU_DECODING.maxTokens
  return { ...OPPU_DECODING, maxTokens, oneLine: task === 'headline' && benchmark !== 'LaMP-7' }
}

/** Writes what is not on disk yet and returns all texts, in the order of the unit's queries. */
export async function generateUnit(scoring: Scoring, unit: Unit, decoding: Decoding): Promise<LampText[]> {
  const { folder, user, seed, signal } = scoring
  const file = path.join(folder, 'texts.jsonl')
  const keys = scoreKeys(scoring, unit).map((key) => hashOf([key, seed, JSON.stringify(decoding)]).slice(0, 24))
  const known = new Map(readLines(file, textLine).map((line) => [line.key, line.text]))
  const texts: LampText[] = []
  for (const [i, { query, example }] of unit.queries.entries()) {
    signal?.throwIfAborted()
    const key = keys[i] as string
    let text = known.get(key)
    if (text === undefined) {
      const prompt = example.tokens.slice(0, example.answerFrom)
      text = await timed(folder, unit.method, 'generating', () => generateAnswer(scoring, unit, prompt, decoding))
      appendLines(file, [{ method: unit.method, voice: unit.voice, query: query.document, key, text }])
      known.set(key, text)
    }
    texts.push({ query: query.document, gold: query.answer, text, voice: unit.voice })
    const message = `${user}: ${unit.method}: ${i + 1} of ${unit.queries.length} answers written`
    scoring.onProgress?.({ user, stage: 'generating', message })
  }
  return texts
}

/** The scores with the ROUGE of their texts; same order. */
export function withRouge(scores: QueryResult[], texts: LampText[]): QueryResult[] {
  return scores.map((score, i) => {
    const text = texts[i]
    return text === undefined ? score : { ...score, ...rouge(text.gold, text.text) }
  })
}

async function generateAnswer(
  { base, seed, signal }: Scoring,
  unit: Unit,
  prompt: Int32Array,
  { oneLine, ...sampling }: Decoding,
): Promise<string> {
  // No stop text can say "after the first line that says something": a base may begin with an empty line.
  const enough = new AbortController()
  let text = ''
  const { text: whole } = await base.generate(prompt, {
    ...sampling,
    voice: usesOf(unit.laid),
    ...contrastOf(unit),
    seed,
    onText: (piece) => {
      text += piece
      if (oneLine && text.trimStart().includes('\n')) enough.abort()
    },
    signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
  })
  signal?.throwIfAborted()
  return oneLine ? (whole.trimStart().split('\n')[0] ?? '').trim() : whole.trim()
}
