/** Answers out of a set: the labels that a user's answer may be, and what a distribution over them is worth. */

import { logLossOf, parseScore } from '../evaluation/metrics.ts'
import type { QueryResult } from './result.ts'
import type { LampUser } from './types.ts'

const SCORES = ['1', '2', '3', '4', '5']

/** The labels to choose from: the file's, of rate 1 to 5, of tag those of the history; null for free text. */
export function labelsOf(user: LampUser): string[] | null {
  if (user.task === 'rate') return SCORES
  if (user.task !== 'tag') return null
  return user.labels ?? [...new Set(user.profile.map(({ answer }) => answer))]
}

/**
 * What a distribution over the labels says of a query. Of rate the prediction is the median, of tag the likeliest label
 * (the first of equals); right is whatever is among `golds`. A gold that is no label counts as one of probability 0.
 */
export function judgeLabels(
  task: 'tag' | 'rate',
  labels: readonly string[],
  probabilities: readonly number[],
  { gold, golds }: { gold: string; golds?: readonly string[] },
): Omit<QueryResult, 'query' | 'tokens' | 'nll'> {
  const likeliest = probabilities.indexOf(Math.max(...probabilities))
  const prediction = labels[task === 'rate' ? medianAt(probabilities) : likeliest] ?? ''
  const common = {
    prediction,
    correct: (golds ?? [gold]).includes(prediction) ? 1 : 0,
    logLoss: logLossOf(probabilities[labels.indexOf(gold)]),
  }
  if (task === 'tag') return common
  const error = Math.abs(Number(prediction) - Number(gold))
  return {
    ...common,
    error,
    squared: error ** 2,
    expected: probabilities.reduce((sum, probability, i) => sum + probability * Number(labels[i]), 0),
    probabilities: [...probabilities],
  }
}

/** Errors beyond are counted as this one: its square, and sums of such squares, are still numbers, as JSON must have. */
const LARGEST_ERROR = 1e75

/**
 * What a written answer is worth by the rules of LaMP's evaluator: a tag is right as it stands, but for space around it; a
 * text that is no score counts as the further of 1 and 5, and a number out of the scale as it is (there a hundred fives
 * in a row is a number too, and two hundred have a square without end; here the error ends at 1e75).
 */
export function judgeWritten(
  task: 'tag' | 'rate',
  text: string,
  { gold, golds }: { gold: string; golds?: readonly string[] },
): Pick<QueryResult, 'writtenCorrect' | 'writtenError' | 'writtenSquared'> {
  if (task === 'tag') return { writtenCorrect: (golds ?? [gold]).includes(text.trim()) ? 1 : 0 }
  const error = Math.min(LARGEST_ERROR, Math.abs(parseScore(text, Number(gold)) - Number(gold)))
  return { writtenCorrect: error === 0 ? 1 : 0, writtenError: error, writtenSquared: error ** 2 }
}

/** Where the running sum first reaches a half; labels stand in ascending order. */
function medianAt(probabilities: readonly number[]): number {
  let sum = 0
  const at = probabilities.findIndex((probability) => {
    sum += probability
    return sum >= 0.5
  })
  return at === -1 ? probabilities.length - 1 : at
}
