/** The tasks' metrics, as LaMP's evaluator computes them. Each takes one list of gold answers and one of predictions. */

/** ROUGE F-measures of one prediction, or their means; 0..1. */
export interface Rouge {
  rouge1: number
  rougeL: number
}

/**
 * Tokens as rouge-score 0.1.2 makes them without a stemmer: lower case, everything but a-z and 0-9 is a space.
 * Text without Latin letters has no tokens, so its ROUGE is 0 whatever is predicted.
 */
export function rougeTokens(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token !== '')
}

function fMeasure(shared: number, gold: number, predicted: number): number {
  // Not the algebraically equal 2*shared / (gold + predicted): this order rounds as the reference does.
  if (shared === 0) return 0
  const precision = shared / predicted
  const recall = shared / gold
  return (2 * precision * recall) / (precision + recall)
}

function sharedUnigrams(gold: string[], predicted: string[]): number {
  const counts = new Map<string, number>()
  for (const token of gold) counts.set(token, (counts.get(token) ?? 0) + 1)
  let shared = 0
  for (const token of predicted) {
    const left = counts.get(token) ?? 0
    if (left === 0) continue
    shared++
    counts.set(token, left - 1)
  }
  return shared
}

/** Length of the longest common subsequence; time gold x predicted, memory predicted. */
function longestCommon(gold: string[], predicted: string[]): number {
  let above = new Uint32Array(predicted.length + 1)
  for (const token of gold) {
    const row = new Uint32Array(predicted.length + 1)
    for (let j = 0; j < predicted.length; j++) {
      row[j + 1] =
        predicted[j] === token ? (above[j] as number) + 1 : Math.max(row[j] as number, above[j + 1] as number)
    }
    above = row
  }
  return above[predicted.length] as number
}

/** ROUGE-1 and ROUGE-L F-measure of one prediction against one gold text (rouge-score, no stemmer). */
export function rouge(gold: string, predicted: string): Rouge {
  const goldTokens = rougeTokens(gold)
  const predictedTokens = rougeTokens(predicted)
  return {
    rouge1: fMeasure(sharedUnigrams(goldTokens, predictedTokens), goldTokens.length, predictedTokens.length),
    rougeL: fMeasure(longestCommon(goldTokens, predictedTokens), goldTokens.length, predictedTokens.length),
  }
}

/**
 * Mean ROUGE over pairs. LaMP's evaluator prints the median of unseeded resamples of this mean, so its last digits
 * change from run to run; the mean itself does not.
 */
export function meanRouge(gold: string[], predicted: string[]): Rouge {
  sameLength(gold, predicted)
  let rouge1 = 0
  let rougeL = 0
  for (let i = 0; i < gold.length; i++) {
    const scores = rouge(gold[i] as string, predicted[i] as string)
    rouge1 += scores.rouge1
    rougeL += scores.rougeL
  }
  return { rouge1: rouge1 / gold.length, rougeL: rougeL / gold.length }
}

/** Share of predictions equal to their gold label, 0..1. */
export function accuracy(gold: string[], predicted: string[]): number {
  sameLength(gold, predicted)
  return gold.filter((label, i) => label === predicted[i]).length / gold.length
}

/** Share of predictions among the labels that are right for their query, 0..1. */
export function accuracyOfAny(golds: string[][], predicted: string[]): number {
  sameLength(golds, predicted)
  return golds.filter((right, i) => right.includes(predicted[i] as string)).length / golds.length
}

/**
 * Unweighted mean of the labels' F1, 0..1, as scikit-learn's f1_score(average="macro"): over `labels`, or over all that
 * occur in either list. A label that occurs in neither counts as 0. LaMP's evaluator gives the task's whole label set,
 * so a prediction outside it only misses its gold.
 */
export function macroF1(gold: string[], predicted: string[], labels?: readonly string[]): number {
  return macroF1Of(gold, predicted, labels)(gold.keys())
}

/** `macroF1` of any choice of the pairs by their places, one as often as it is drawn; without `labels` of what occurs there. */
export function macroF1Of(
  gold: string[],
  predicted: string[],
  labels?: readonly string[],
): (drawn: Iterable<number>) => number {
  sameLength(gold, predicted)
  const numbers = new Map<string, number>()
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? numbers.size
    numbers.set(label, number)
    return number
  }
  const pairs = gold.map((label, i) => [numberOf(label), numberOf(predicted[i] as string)] as const)
  const fixed = labels?.map(numberOf)
  const counted = fixed ?? [...numbers.values()]
  if (counted.length === 0) throw new RangeError('macro F1 needs at least one label')
  const hits = new Uint32Array(numbers.size)
  const occurrences = new Uint32Array(numbers.size)
  return (drawn) => {
    hits.fill(0)
    occurrences.fill(0)
    for (const at of drawn) {
      const [right, answer] = pairs[at] as readonly [number, number]
      occurrences[right] = (occurrences[right] as number) + 1
      occurrences[answer] = (occurrences[answer] as number) + 1
      if (right === answer) hits[right] = (hits[right] as number) + 1
    }
    let sum = 0
    let occurring = 0
    for (const label of counted) {
      if (occurrences[label] === 0) continue
      occurring++
      sum += (2 * (hits[label] as number)) / (occurrences[label] as number)
    }
    return sum / (fixed?.length ?? occurring)
  }
}

/**
 * A generated score as a number, by the rule of LaMP's evaluator (`create_mapping`): what is no number counts as 1 or 5,
 * whichever is further from the gold score; from 3, as 5. A number out of range stays as it is, also as there.
 * Unlike Python's float, no words ("inf", "nan").
 */
export function parseScore(text: string, gold: number): number {
  const trimmed = text.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed)
  return Math.abs(1 - gold) > Math.abs(5 - gold) ? 1 : 5
}

/**
 * -ln of a probability, nats. It is held within 2^-52 and 1 - 2^-52, as scikit-learn's log_loss holds it: so at most 36.04,
 * which is what a label that is missing counts.
 */
export function logLossOf(probability = 0): number {
  return -Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probability)))
}

/** Mean of `logLossOf` the gold labels, nats. `distributions` give each label's probability, 0..1. */
export function meanLogLoss(gold: string[], distributions: Readonly<Record<string, number>>[]): number {
  sameLength(gold, distributions)
  return gold.reduce((sum, label, i) => sum + logLossOf(distributions[i]?.[label]), 0) / gold.length
}

/** Mean absolute error, in the scores' own unit. */
export function meanAbsoluteError(gold: number[], predicted: number[]): number {
  sameLength(gold, predicted)
  return gold.reduce((sum, value, i) => sum + Math.abs(value - (predicted[i] as number)), 0) / gold.length
}

/** Root of the mean squared error, in the scores' own unit. */
export function rootMeanSquaredError(gold: number[], predicted: number[]): number {
  sameLength(gold, predicted)
  return Math.sqrt(gold.reduce((sum, value, i) => sum + (value - (predicted[i] as number)) ** 2, 0) / gold.length)
}

function sameLength(gold: unknown[], predicted: unknown[]): void {
  if (gold.length !== predicted.length || gold.length === 0) {
    throw new RangeError(`a metric needs pairs: ${gold.length} gold answers, ${predicted.length} predictions`)
  }
}
