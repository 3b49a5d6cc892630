import { describe, expect, it } from 'vitest'
import { randomCycle, shuffledAnswers } from '../../main/evaluation/control.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'

const examples = Array.from({ length: 9 }, (_, i) => ({
  tokens: Int32Array.from([...new Array<number>(i + 1).fill(i), ...new Array<number>(9 - i).fill(100 + i)]),
  answerFrom: i + 1,
}))
const prompt = ({ tokens, answerFrom }: TokenExample) => [...tokens.subarray(0, answerFrom)]
const answer = ({ tokens, answerFrom }: TokenExample) => [...tokens.subarray(answerFrom)]

describe('shuffled answers', () => {
  it('keep every prompt in place and every answer once, none at home', () => {
    for (let seed = 0; seed < 20; seed++) {
      const shuffled = shuffledAnswers(examples, seed)
      expect(shuffled.map(prompt)).toEqual(examples.map(prompt))
      const firsts = shuffled.map((example) => answer(example)[0] as number)
      expect([...firsts].sort()).toEqual(examples.map((_, i) => 100 + i))
      for (const [i, first] of firsts.entries()) expect(first).not.toBe(100 + i)
      for (const example of shuffled)
        expect(answer(example)).toEqual(answer(examples[(answer(example)[0] ?? 0) - 100] as TokenExample))
    }
  })

  it('repeat for a seed and leave the originals alone', () => {
    const before = examples.map(({ tokens }) => [...tokens])
    expect(shuffledAnswers(examples, 3)).toEqual(shuffledAnswers(examples, 3))
    expect(shuffledAnswers(examples, 3)).not.toEqual(shuffledAnswers(examples, 4))
    expect(examples.map(({ tokens }) => [...tokens])).toEqual(before)
  })

  it('need two', () => {
    expect(() => shuffledAnswers(examples.slice(0, 1), 1)).toThrow('at least 2 examples, and there is 1')
    expect(shuffledAnswers(examples.slice(0, 2), 1).map((e) => answer(e)[0])).toEqual([101, 100])
  })
})

describe('a random cycle', () => {
  it('goes once through all', () => {
    const order = randomCycle(50, seeded('cycle'))
    let at = 0
    for (let step = 1; step < 50; step++) {
      at = order[at] as number
      expect(at).not.toBe(0)
    }
    expect(order[at]).toBe(0)
  })
})
