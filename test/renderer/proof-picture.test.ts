import { describe, expect, it } from 'vitest'
import type { ProofItem } from '../../preload/contract.ts'
import { chanceOf, countWins, dotsOf, likelierBy, measuredRange } from '../../renderer/lib/proof-picture.ts'

const item = (base: number, voice: number): ProofItem => ({
  document: 'd',
  title: 't',
  date: null,
  task: 'prose',
  tokens: 10,
  base,
  voice,
  other: base,
  baseWithRetrieval: base,
  voiceWithRetrieval: voice,
  otherWithRetrieval: base,
})

describe('a proof as a picture', () => {
  it('turns nats into chances, and the interval round with them', () => {
    const { chance, range } = chanceOf({ nll: Math.log(10), low: Math.log(8), high: Math.log(20) })
    expect(chance).toBeCloseTo(0.1, 10)
    expect(range?.low).toBeCloseTo(0.05, 10)
    expect(range?.high).toBeCloseTo(0.125, 10)
  })

  it('says nothing of chance where there was one piece', () => {
    const max = Number.MAX_VALUE
    expect(likelierBy({ mean: Math.log(1.5), low: -max, high: max })).toMatchObject({ range: null })
    expect(chanceOf({ nll: 2, low: -max, high: max })).toEqual({ chance: Math.exp(-2), range: null })
    expect(measuredRange({ low: -max, high: max })).toBeNull()
    expect(likelierBy({ mean: Math.log(1.5), low: 0, high: Math.log(2) }).range?.high).toBeCloseTo(1, 10)
  })

  it('counts a text for the voice only when its own words got likelier', () => {
    expect(countWins([item(3, 2), item(3, 3), item(2, 3)])).toBe(1)
  })

  it('places dots by their gain, none over another', () => {
    const { dots, reach } = dotsOf([item(3, 2), item(3, 2), item(3, 2), item(2, 2.5)])
    expect(reach).toBe(1)
    expect(dots.map(({ x }) => x)).toEqual([-0.48, 0.96, 0.96, 0.96])
    expect(dots.map(({ row }) => row)).toEqual([0, 0, 1, -1])
    expect(dotsOf([])).toEqual({ dots: [], reach: 0.1 })
  })
})
