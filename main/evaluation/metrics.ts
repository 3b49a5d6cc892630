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

/**
 * Unweighted mean of the labels' F1, 0..1, as scikit-learn's f1_score(average="macro"): over `labels`, or over all that
 * occur in either list. A label that occurs in neither counts as 0.
 */
export function macroF1(gold: string[], predicted: string[], labels?: string[]): number {
  sameLength(gold, predicted)
  const all = labels ?? [...new Set([...gold, ...predicted])]
  if (all.length === 0) throw new RangeError('macro F1 needs at least one label')
  let sum = 0
  for (const label of all) {
    const truePositives = gold.filter((g, i) => g === label && predicted[i] === label).length
    const occurrences = gold.filter((g) => g === label).length + predicted.filter((p) => p === label).length
    if (occurrences > 0) sum += (2 * truePositives) / occurrences
  }
  return sum / all.length
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
