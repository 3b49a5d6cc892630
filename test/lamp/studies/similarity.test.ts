import { describe, expect, it } from 'vitest'
import { binsOf } from '../../../main/lamp/studies/shift.ts'
import { createSimilarity, similarities } from '../../../main/lamp/studies/similarity.ts'
import type { LampUser } from '../../../main/lamp/types.ts'

describe('likeness to a history', () => {
  const similarity = createSimilarity(['the lamp in the harbour', 'a gull over the harbour harbour', 'winter letters'])

  it("is scikit-learn's cosine, but that words nobody wrote lengthen the query", () => {
    expect(similarity.nearest('winter letters')).toBeCloseTo(1, 12)
    expect(similarity.nearest('zebra')).toBe(0)
    expect(similarity.nearest('')).toBe(0)
    // TfidfVectorizer of scikit-learn on these texts, its lengths taken over all words of the query.
    expect(similarity.nearest('the gull and the lamp')).toBeCloseTo(0.5968810212, 8)
    expect(similarity.nearest('harbour zebra zebra')).toBeCloseTo(0.1632332662, 8)
  })

  it('looks only at what may be looked at', () => {
    expect(similarity.nearest('winter letters', (index) => index !== 2)).toBe(0)
  })

  it('of prose leaves out the passage that the query goes on from', () => {
    const user: LampUser = {
      id: 'ann',
      task: 'prose',
      profile: ['It was a dark night.', 'The lamp burned low.', 'She wrote a letter home.'].map((text, i) => ({
        id: `p${i}`,
        text,
        title: '',
        answer: text,
        date: null,
      })),
      queries: [{ id: 'q', input: 'wrote a letter home.', gold: 'It was never sent.', date: null }],
    }
    expect(similarities(user).get('q')).toBe(0)
    const [query] = user.queries
    const asked = { ...user, queries: [{ ...(query as LampUser['queries'][number]), input: 'The lamp burned' }] }
    expect(similarities(asked).get('q')).toBeGreaterThan(0.5)
    expect(similarities(user, 0).size).toBe(0)
  })
})

describe('bins', () => {
  const placed = [0.9, 0.1, 0.5, 0.3, 0.7].map((similarity, i) => ({ user: 'ann', query: `${i}`, similarity }))

  it('hold equal numbers of queries, least like first', () => {
    const bins = binsOf(placed, 2)
    expect(bins.map((bin) => bin.map(({ similarity }) => similarity))).toEqual([
      [0.1, 0.3],
      [0.5, 0.7, 0.9],
    ])
    expect(binsOf(placed, 20).flat()).toHaveLength(5)
    expect(binsOf([], 3)).toEqual([])
  })
})
