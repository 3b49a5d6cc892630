/** Writes one user's answers under one method, keeping every text as it comes. */
import path from 'node:path'
import { z } from 'zod'
import type { TaskName, TaskQuery } from '../examples/types.ts'
import { hashOf } from '../hash.ts'
import type { GenerateOptions, QueryScore } from '../inference/types.ts'
import { appendLines, readLines } from '../lines.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { LampText, QueryResult } from './result.ts'
import { contrastOf, keepScore, type Scoring, scoredKeys, scoreKeys, type Unit, usesOf } from './score.ts'
import type { VoiceScores } from './summarize.ts'
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
  /** A title or a label is the first line that says something; a tweet or a text may have several. */
  oneLine: boolean
}

/** OPPU's decoding; where the file is no benchmark's own, a title or label of more than 64 tokens is none. */
export function decodingOf(task: TaskName, benchmark: string | null): Decoding {
  const maxTokens = benchmark === null && task !== 'prose' ? 64 : OPPU_DECODING.maxTokens
  return { ...OPPU_DECODING, maxTokens, oneLine: task !== 'prose' && benchmark !== 'LaMP-7' }
}

const textsFile = (folder: string): string => path.join(folder, 'texts.jsonl')

/** By key, as far as they are on disk. */
const textsIn = (folder: string): Map<string, string> =>
  new Map(readLines(textsFile(folder), textLine).map((line) => [line.key, line.text]))

const textKeys = (scoring: Scoring, unit: Unit, decoding: Decoding): string[] =>
  scoreKeys(scoring, unit).map((key) => hashOf(['text 2', key, scoring.seed, JSON.stringify(decoding)]).slice(0, 24))

/**
 * Writes what is not on disk yet and returns all texts, in the order of the unit's queries. Each is written right after
 * the query's own answer was scored, so that its prompt is read once; also where the score is there already, since a text
 * shall not depend on when it was asked for. New scores are kept, so `scoreUnit` comes after. Where labels are ranked, it
 * does all of the scoring.
 */
export async function generateUnit(scoring: Scoring, unit: Unit, decoding: Decoding): Promise<LampText[]> {
  const { folder, user, signal } = scoring
  const keys = textKeys(scoring, unit, decoding)
  const ofScores = scoreKeys(scoring, unit)
  const known = textsIn(folder)
  const scored = scoredKeys(folder)
  const texts: LampText[] = []
  for (const [i, { query, example }] of unit.queries.entries()) {
    signal?.throwIfAborted()
    const key = keys[i] as string
    const ofScore = ofScores[i] as string
    let text = known.get(key)
    if (text === undefined) {
      const first = scoring.labels !== null || scored.has(ofScore) ? 'generating' : 'scoring'
      const answered = await timed(folder, unit.method, first, (turn) =>
        writeAnswer(scoring, unit, example, decoding, () => turn('generating')),
      )
      if (answered.score !== null) {
        if (!scored.has(ofScore)) keepScore(scoring, unit, ofScore, i, answered.score)
        scored.add(ofScore)
      }
      text = answered.text
      appendLines(textsFile(folder), [{ method: unit.method, voice: unit.voice, query: query.document, key, text }])
      known.set(key, text)
    }
    texts.push({ query: query.document, gold: query.answer, text, voice: unit.voice })
    const message = `${user}: ${unit.method}: ${i + 1} of ${unit.queries.length} answers written`
    scoring.onProgress?.({ user, stage: 'generating', message })
  }
  return texts
}

/** The texts that are on disk, null for a query without one. */
export async function keptTexts(scoring: Scoring, unit: Unit, decoding: Decoding): Promise<(LampText | null)[]> {
  const known = textsIn(scoring.folder)
  return textKeys(scoring, unit, decoding).map((key, i) => {
    const text = known.get(key)
    const query = unit.queries[i]?.query as TaskQuery
    return text === undefined ? null : { query: query.document, gold: query.answer, text, voice: unit.voice }
  })
}

/**
 * The voices' scores with their texts and what these are worth. A query counts when every voice has answered it: a mean
 * over some of them would be another one for each query.
 * @param texts of each voice, in the order of its scores; null for none
 * @param judge of the text that answers the `i`-th query
 */
export function withTexts(
  voices: readonly Omit<VoiceScores, 'texts'>[],
  texts: readonly (readonly (LampText | null)[])[],
  judge: (text: LampText, i: number) => Partial<QueryResult>,
): VoiceScores[] {
  const isWhole = (i: number): boolean => texts.length > 0 && texts.every((own) => own[i] != null)
  return voices.map(({ voice, scores }, at) => {
    const whole = scores.map((_, i) => (isWhole(i) ? (texts[at]?.[i] ?? null) : null))
    return {
      voice,
      scores: scores.map((score, i) => {
        const text = whole[i]
        return text ? { ...score, ...judge(text, i) } : score
      }),
      texts: whole.flatMap((text) => text ?? []),
    }
  })
}

async function writeAnswer(
  { base, seed, signal, labels }: Scoring,
  unit: Unit,
  example: TokenExample,
  { oneLine, ...sampling }: Decoding,
  onScored: () => void,
): Promise<{ score: QueryScore | null; text: string }> {
  // No stop text can say "after the first line that says something": a base may begin with an empty line.
  const enough = new AbortController()
  let text = ''
  const how: GenerateOptions = {
    ...sampling,
    voice: usesOf(unit.laid),
    ...contrastOf(unit),
    seed,
    onText: (piece) => {
      text += piece
      if (oneLine && text.trimStart().includes('\n')) enough.abort()
    },
    signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
  }
  const { score, written } =
    labels === null
      ? await base.answer(example, { ...how, onScored })
      : { score: null, written: await base.generate(example.tokens.slice(0, example.answerFrom), how) }
  signal?.throwIfAborted()
  const whole = written.text
  return { score, text: oneLine ? (whole.trimStart().split('\n')[0] ?? '').trim() : whole.trim() }
}
