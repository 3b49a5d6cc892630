import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  macroF1,
  meanAbsoluteError,
  meanRouge,
  rootMeanSquaredError,
  rouge,
  rougeTokens,
} from '../../main/evaluation/metrics.ts'

interface Reference {
  pairs: [gold: string, predicted: string, rouge1: number, rougeL: number][]
  labels: { gold: string[]; predicted: string[]; accuracy: number; macroF1: number; macroF1OfSix: number }
  scores: { gold: number[]; predicted: number[]; meanAbsoluteError: number; rootMeanSquaredError: number }
}

// Made by fixtures/metrics.py, which says how.
const file = path.join(import.meta.dirname, 'fixtures', 'metrics.json')
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference

describe('ROUGE', () => {
  it("gives the reference package's F-measures", () => {
    expect(reference.pairs.length).toBeGreaterThanOrEqual(60)
    for (const [gold, predicted, rouge1, rougeL] of reference.pairs) {
      const scores = rouge(gold, predicted)
      expect(scores.rouge1, `${gold} | ${predicted}`).toBeCloseTo(rouge1, 12)
      expect(scores.rougeL, `${gold} | ${predicted}`).toBeCloseTo(rougeL, 12)
    }
  })

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
  const { labels, scores } = reference

  it('agree with scikit-learn', () => {
    expect(accuracy(labels.gold, labels.predicted)).toBeCloseTo(labels.accuracy, 12)
    expect(macroF1(labels.gold, labels.predicted)).toBeCloseTo(labels.macroF1, 12)
    expect(meanAbsoluteError(scores.gold, scores.predicted)).toBeCloseTo(scores.meanAbsoluteError, 12)
    expect(rootMeanSquaredError(scores.gold, scores.predicted)).toBeCloseTo(scores.rootMeanSquaredError, 12)
  })

  it('count a label that never occurs as 0', () => {
    const six = ['politics', 'travel', 'food', 'science', 'sport', 'music']
    expect(macroF1(labels.gold, labels.predicted, six)).toBeCloseTo(labels.macroF1OfSix, 12)
  })
})
