/**
 * What needs no model, for the tables to stand beside: majorities, frequencies, neighbours and word counts, all from the
 * user's history alone. Knows no prompts and no voices. Words are those of the retrieval room's search.
 */
import { createBm25 } from '../retrieval/bm25.ts'
import { termsOf } from '../retrieval/tokens.ts'
import { labelsOf } from './labels.ts'
import type { LampUser } from './types.ts'

/** Labels with their probabilities, which add up to 1. */
export type Distribution = Record<string, number>

const SCORES = ['1', '2', '3', '4', '5'] as const

/** The answer that the history gives most often; of several the one given last. Empty for an empty history. */
export function majorityAnswer(user: LampUser): string {
  const counts = countsOf(user)
  let best = ''
  for (let i = user.profile.length - 1; i >= 0; i--) {
    const answer = user.profile[i]?.answer as string
    if ((counts.get(answer) ?? 0) > (counts.get(best) ?? 0)) best = answer
  }
  return best
}

/**
 * How often the history gives each answer: over the very labels that a model ranks, 1 to 5 for scores, of tags those that
 * the file names, else those of the history. Answers that are none of them do not count.
 * @param added to each count, so that no label is impossible (a half: Krichevsky and Trofimov 1981)
 */
export function answerFrequencies(user: LampUser, added = 0.5): Distribution {
  const counts = countsOf(user)
  const answers = labelsOf(user) ?? [...counts.keys()]
  const total = answers.reduce((sum, answer) => sum + (counts.get(answer) ?? 0) + added, 0)
  return Object.fromEntries(answers.map((answer) => [answer, ((counts.get(answer) ?? 0) + added) / total]))
}

export interface NeighbourOptions {
  /** Neighbours at most; default 10. */
  k?: number
}

/**
 * A vote of the `k` nearest items by BM25 over their texts, each with its score as weight; ties go to the nearest.
 * The majority where nothing is near.
 */
export function bm25Vote(user: LampUser, { k = 10 }: NeighbourOptions = {}): (input: string) => string {
  const bm25 = createBm25(user.profile.map(({ text }) => text))
  const fallback = majorityAnswer(user)
  return (input) => {
    const votes = new Map<string, number>()
    for (const { index, score } of bm25.search(input, k)) {
      const answer = user.profile[index]?.answer as string
      votes.set(answer, (votes.get(answer) ?? 0) + score)
    }
    return heaviest(votes) ?? fallback
  }
}

export interface NeighbourScore {
  /** The neighbours' mean score by similarity, 1..5. */
  mean: number
  /** That mean, rounded half up. */
  score: string
  /** Their similarities by score, with the history's own frequencies counted as one neighbour more. */
  distribution: Distribution
}

/**
 * Scores by the `k` nearest items: cosine of TF-IDF vectors (counts times ln((1 + n) / (1 + df)) + 1, of length 1, as
 * scikit-learn's TfidfVectorizer weighs them). Where nothing is near: the history's mean and frequencies.
 */
export function tfidfNeighbours(user: LampUser, { k = 10 }: NeighbourOptions = {}): (input: string) => NeighbourScore {
  const index = createTfidf(user.profile.map(({ text }) => text))
  const frequencies = answerFrequencies(user)
  const scores = user.profile.map(({ answer }) => Number(answer))
  return (input) => {
    const near = index(input).slice(0, k)
    const total = near.reduce((sum, { weight }) => sum + weight, 0)
    const weighted = near.reduce((sum, { at, weight }) => sum + weight * (scores[at] as number), 0)
    const mean = total > 0 ? weighted / total : meanOf(scores)
    const distribution = Object.fromEntries(
      SCORES.map((score) => {
        const own = near.reduce((sum, { at, weight }) => sum + (scores[at] === Number(score) ? weight : 0), 0)
        return [score, (own + (frequencies[score] as number)) / (total + 1)]
      }),
    )
    return { mean, score: String(Math.round(mean)), distribution }
  }
}

/** Texts by falling cosine with the query, those without a common word left out; equal ones in the texts' order. */
function createTfidf(texts: string[]): (query: string) => { at: number; weight: number }[] {
  const counted = texts.map((text) => countTerms(text))
  const postings = new Map<string, { at: number; weight: number }[]>()
  for (const [at, counts] of counted.entries()) {
    for (const [term, count] of counts) {
      const entries = postings.get(term)
      if (entries) entries.push({ at, weight: count })
      else postings.set(term, [{ at, weight: count }])
    }
  }
  const idf = (term: string): number => Math.log((1 + texts.length) / (1 + (postings.get(term)?.length ?? 0))) + 1
  const lengths = counted.map((counts) =>
    Math.sqrt([...counts].reduce((sum, [term, count]) => sum + (count * idf(term)) ** 2, 0)),
  )
  return (query) => {
    const dots = new Map<number, number>()
    let square = 0
    // Words that no text has are no part of the vectors, as there.
    for (const [term, count] of countTerms(query)) {
      const entries = postings.get(term)
      if (entries === undefined) continue
      const weight = count * idf(term)
      square += weight ** 2
      for (const entry of entries) dots.set(entry.at, (dots.get(entry.at) ?? 0) + weight * entry.weight * idf(term))
    }
    return [...dots]
      .map(([at, dot]) => ({ at, weight: dot / (Math.sqrt(square) * (lengths[at] as number)) }))
      .sort((a, b) => b.weight - a.weight || a.at - b.at)
  }
}

export interface AuthorGuess {
  /** The likeliest author's id; of several the first in the list of users. */
  user: string
  /** Sum over the text's known words of ln p(word | author), in nats. */
  logLikelihoods: Record<string, number>
}

/**
 * Naive Bayes over the users' words: which of them wrote a passage. Each author's words are counted over all answers of
 * the history (of prose the passages), one added for every word that any of them has; words that none has say nothing.
 * All authors are equally likely beforehand.
 */
export function unigramAuthors(users: LampUser[]): (text: string) => AuthorGuess {
  const authors = users.map(({ id, profile }) => {
    const counts = new Map<string, number>()
    for (const { answer } of profile) {
      for (const term of termsOf(answer)) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
    return { id, counts, total: [...counts.values()].reduce((sum, count) => sum + count, 0) }
  })
  const vocabulary = new Set(authors.flatMap(({ counts }) => [...counts.keys()]))
  return (text) => {
    const known = termsOf(text).filter((term) => vocabulary.has(term))
    const logLikelihoods = Object.fromEntries(
      authors.map(({ id, counts, total }) => [
        id,
        known.reduce((sum, term) => sum + Math.log(((counts.get(term) ?? 0) + 1) / (total + vocabulary.size)), 0),
      ]),
    )
    return { user: heaviest(new Map(Object.entries(logLikelihoods))) ?? '', logLikelihoods }
  }
}

function countsOf(user: LampUser): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { answer } of user.profile) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  return counts
}

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}

/** The first key with the greatest value; null of none. */
function heaviest(weights: ReadonlyMap<string, number>): string | null {
  let best: [string, number] | null = null
  for (const entry of weights) if (best === null || entry[1] > best[1]) best = entry
  return best?.[0] ?? null
}

/** 3, the middle, of nothing. */
function meanOf(scores: number[]): number {
  return scores.length === 0 ? 3 : scores.reduce((sum, score) => sum + score, 0) / scores.length
}
