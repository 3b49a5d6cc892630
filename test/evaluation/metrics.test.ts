import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  accuracyOfAny,
  macroF1,
  meanAbsoluteError,
  meanLogLoss,
  meanRouge,
  parseScore,
  rootMeanSquaredError,
  rouge,
  rougeTokens,
} from '../../main/evaluation/metrics.ts'

interface Figures {
  count: number
  seed: number
  accuracy: number
  macroF1: number
  macroF1OfFive: number
  logLoss: number
  meanAbsoluteError: number
  rootMeanSquaredError: number
  rouge1: number[]
  rougeL: number[]
}

// Made by test/reference/metrics.py, whose rule `draw` repeats.
const file = path.join(import.meta.dirname, '..', 'fixtures', 'metrics.json')
const reference = JSON.parse(readFileSync(file, 'utf8')) as Figures

const WORDS = (
  "the a an of to in and light lamp Clock clock's harbour HARBOUR gull tide-table 42 3.5 1859 it's don't re-wound " +
  'café naïve Straße İstanbul 日本語 K™ _under_ e.g. why? — … «quote» x2 no.7 I i mending keeper winter letter ' +
  "second's oil"
).split(' ')
const LENGTHS = [0, 1, 2, 3, 5, 8, 12, 20, 40]
const BETWEEN = [' ', ' ', ' ', '  ', '\n', ' - ', ', ']
const LABELS = ['politics', 'travel', 'food', 'science', 'sport']
const SCORES = ['1', '2', '3', '4', '5', '4.0', ' 2\n', '5 stars', '', 'three', '7', '-1', '1e0', '.5']

function draw({ count, seed }: Figures) {
  let state = seed
  const below = (n: number): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return (state >>> 16) % n
  }
  const pick = <T>(items: T[]): T => items[below(items.length)] as T
  const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make)
  const text = (): string => {
    const length = pick(LENGTHS)
    const between = pick(BETWEEN)
    return times(length, () => pick(WORDS)).join(between)
  }
  const vary = (gold: string): string => {
    const chance = below(10)
    if (chance === 0) return gold
    if (chance === 1) return text()
    const kept: string[] = []
    for (const word of gold.split(' ')) {
      const fate = below(10)
      if (fate >= 2) kept.push(fate < 5 ? pick(WORDS) : word)
    }
    return (below(3) === 0 ? kept.reverse() : kept).join(' ')
  }
  const pairs = times(count, () => {
    const gold = text()
    return { gold, predicted: vary(gold) }
  })
  const labels = times(count, () => {
    const gold = LABELS[below(4)] as string
    const predicted = pick([gold, ...LABELS, 'cooking'])
    const weights = LABELS.map(() => 1 + below(50))
    const total = weights.reduce((sum, weight) => sum + weight)
    return {
      gold,
      predicted,
      distribution: Object.fromEntries(LABELS.map((l, i) => [l, (weights[i] as number) / total])),
    }
  })
  const scores = times(count, () => {
    const gold = 1 + below(5)
    return { gold, written: pick([String(gold), ...SCORES]) }
  })
  return { pairs, labels, scores }
}

const { pairs, labels, scores } = draw(reference)

describe('1,000 random pairs', () => {
  it("have rouge-score's F-measures", () => {
    expect(pairs).toHaveLength(1000)
    pairs.forEach(({ gold, predicted }, i) => {
      const { rouge1, rougeL } = rouge(gold, predicted)
      expect(Math.abs(rouge1 - (reference.rouge1[i] as number)), `${i}: ${gold} | ${predicted}`).toBeLessThan(1e-6)
      expect(Math.abs(rougeL - (reference.rougeL[i] as number)), `${i}: ${gold} | ${predicted}`).toBeLessThan(1e-6)
    })
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value) / values.length
    const means = meanRouge(
      pairs.map(({ gold }) => gold),
      pairs.map(({ predicted }) => predicted),
    )
    expect(means.rouge1).toBeCloseTo(mean(reference.rouge1), 6)
    expect(means.rougeL).toBeCloseTo(mean(reference.rougeL), 6)
  })

  it("have scikit-learn's accuracy, macro F1 and log-loss", () => {
    const gold = labels.map((one) => one.gold)
    const predicted = labels.map((one) => one.predicted)
    expect(accuracy(gold, predicted)).toBeCloseTo(reference.accuracy, 9)
    expect(macroF1(gold, predicted)).toBeCloseTo(reference.macroF1, 9)
    expect(macroF1(gold, predicted, LABELS)).toBeCloseTo(reference.macroF1OfFive, 9)
    expect(
      meanLogLoss(
        gold,
        labels.map((one) => one.distribution),
      ),
    ).toBeCloseTo(reference.logLoss, 9)
  })

  it("have scikit-learn's errors, by the rule for what is no score", () => {
    const gold = scores.map((one) => one.gold)
    const predicted = scores.map((one) => parseScore(one.written, one.gold))
    expect(meanAbsoluteError(gold, predicted)).toBeCloseTo(reference.meanAbsoluteError, 9)
    expect(rootMeanSquaredError(gold, predicted)).toBeCloseTo(reference.rootMeanSquaredError, 9)
  })
})

describe('ROUGE', () => {
  it('counts a repeated word as often as both have it', () => {
    expect(rouge('the the gull', 'the the the').rouge1).toBeCloseTo(2 / 3, 12)
  })

  it('keeps letters and digits of the Latin alphabet only', () => {
    expect(rougeTokens("The Clock's naïve_x2—日本 ")).toEqual(['the', 'clock', 's', 'na', 've', 'x2'])
  })

  it('averages pairs and refuses lists of two lengths', () => {
    expect(meanRouge(['a b', 'c'], ['a b', 'd'])).toEqual({ rouge1: 0.5, rougeL: 0.5 })
    expect(() => meanRouge(['a'], [])).toThrow('1 gold answers, 0 predictions')
  })
})

describe('labels and scores', () => {
  it('may have several right labels', () => {
    expect(accuracyOfAny([['c', 'cpp'], ['go'], ['a, b']], ['cpp', 'c', 'a, b'])).toBeCloseTo(2 / 3, 12)
  })

  it('count a label that never occurs as 0', () => {
    expect(macroF1(['a', 'a'], ['a', 'b'], ['a', 'b', 'c'])).toBeCloseTo((2 / 3 + 0 + 0) / 3, 12)
  })

  it.each([
    ['4', 2, 4],
    [' 4.5\n', 2, 4.5],
    ['9', 2, 9],
    ['four', 2, 5],
    ['four', 4, 1],
    ['', 3, 5],
    ['4 stars', 5, 1],
    ['nan', 5, 1],
  ])('reads the score %j, the gold being %i, as %d', (text, gold, score) => {
    expect(parseScore(text, gold)).toBe(score)
  })

  it('bound the loss of what was thought impossible', () => {
    expect(meanLogLoss(['5'], [{ 4: 1 }])).toBeCloseTo(52 * Math.LN2, 9)
    expect(meanLogLoss(['4', '5'], [{ 4: 0.5, 5: 0.5 }, { 5: 0.25 }])).toBeCloseTo((Math.LN2 + Math.log(4)) / 2, 12)
  })
})
