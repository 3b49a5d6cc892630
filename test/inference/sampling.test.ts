import { expect, test } from 'vitest'
import { chooseToken, type SamplingOptions, type TopLogits } from '../../main/inference/sampling.ts'
import { seeded } from '../../main/random.ts'

const top: TopLogits = { ids: [7, 3, 9, 4], logits: [2, 1, 0, -1], logSumExp: 2.5 }
const greedy: SamplingOptions = { temperature: 0, topK: 40, topP: 1, repeatPenalty: 1 }

function counts(options: SamplingOptions, draws = 4000): Map<number, number> {
  const random = seeded('sampling').next
  const found = new Map<number, number>()
  for (let i = 0; i < draws; i++) {
    const { token } = chooseToken(top, [], options, random)
    found.set(token, (found.get(token) ?? 0) + 1)
  }
  return found
}

test('temperature 0 takes the likeliest and tells its probability under the whole vocabulary', () => {
  expect(chooseToken(top, [], greedy, () => 0.99)).toEqual({ token: 7, logProbability: -0.5 })
})

test('equal logits: the smaller id, whatever the order they come in', () => {
  const tie: TopLogits = { ids: [9, 2, 5], logits: [1, 1, 1], logSumExp: 3 }
  expect(chooseToken(tie, [], greedy, () => 0).token).toBe(2)
})

test('drawn tokens are as frequent as the softmax at that temperature says', () => {
  const temperature = 0.8
  const weights = top.logits.map((logit) => Math.exp(logit / temperature))
  const total = weights.reduce((a, b) => a + b, 0)
  const found = counts({ ...greedy, temperature })
  for (const [i, id] of top.ids.entries()) {
    expect(Math.abs((found.get(id) ?? 0) / 4000 - weights[i]! / total)).toBeLessThan(0.03)
  }
})

test('top-k and top-p leave out the unlikely', () => {
  expect([...counts({ ...greedy, temperature: 1, topK: 2 }).keys()].sort()).toEqual([3, 7])
  // The first token alone has 64% of the weight.
  expect([...counts({ ...greedy, temperature: 1, topP: 0.6 }).keys()]).toEqual([7])
  expect([...counts({ ...greedy, temperature: 1, topP: 0.7 }).keys()].sort()).toEqual([3, 7])
})

test('the log-probability stays that of the model when sampling is sharpened or cut', () => {
  const choice = chooseToken(top, [], { ...greedy, temperature: 0.1, topP: 0.5 }, () => 0.5)
  expect(choice).toEqual({ token: 7, logProbability: -0.5 })
})

test('a repeat penalty lets another token win, also below zero', () => {
  expect(chooseToken(top, [7], { ...greedy, repeatPenalty: 3 }, () => 0).token).toBe(3)
  const negative: TopLogits = { ids: [1, 2], logits: [-1, -1.5], logSumExp: 0 }
  expect(chooseToken(negative, [1], { ...greedy, repeatPenalty: 2 }, () => 0)).toEqual({
    token: 2,
    logProbability: -1.5,
  })
})
