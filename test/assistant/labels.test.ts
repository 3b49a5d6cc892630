import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { continueDraft } from '../../main/assistant/draft.ts'
import { rankingOf, rankLabels } from '../../main/assistant/labels.ts'
import { rateText } from '../../main/assistant/rate.ts'
import { chooseTags, tagsIn } from '../../main/assistant/tag.ts'
import { labelTokens } from '../../main/examples/labels.ts'
import { createPromptBuilder } from '../../main/examples/prompt.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, Generated, GenerateOptions } from '../../main/inference/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const text = 'The ferry was late again, and nobody on the pier was surprised. The captain had stopped saying sorry.'
let base: Base

beforeAll(async () => {
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { context: 768 })
  base = await openBase(file, { threads: 1 })
})
afterAll(() => base.dispose())

/** The real base's tokens, log-probabilities by rule, and texts from a list in place of generation. */
function scripted(nats: (label: string) => number, texts: string[] = []) {
  const asked: { prompt: Int32Array; options: GenerateOptions }[] = []
  const ranked: { prompt: string; labels: string[] }[] = []
  const over: Base = {
    ...base,
    async rank(prompt, continuations) {
      const labels = continuations.map((tokens) => base.detokenize(tokens.subarray(0, -1)).trim())
      ranked.push({ prompt: base.detokenize(prompt), labels })
      return labels.map((label, i) => ({ logProbability: nats(label), tokens: continuations[i]?.length ?? 0 }))
    },
    async generate(prompt, options): Promise<Generated> {
      const said = texts[asked.length] ?? ''
      asked.push({ prompt, options })
      options.onText?.(said)
      return { text: said, tokens: 3, meanLogProbability: -1, finish: said.endsWith('…') ? 'length' : 'stop' }
    },
  }
  return { base: over, asked, ranked }
}

const request = (over: Base) => ({ base: over, builder: createPromptBuilder(over), text, retrieved: [] })

describe('a ranking', () => {
  test('is what the base gives each whole label, end token included', async () => {
    const builder = createPromptBuilder(base)
    const labels = ['sea', 'seaside', 'order', '5', 'sea']
    const cuts = { maxInput: 60, maxRetrieved: 20 }
    const prompt = builder.prompt({ task: 'tag', input: text }, [], cuts)
    const { ranked } = await rankLabels({ base, prompt, labels })
    expect(ranked.map(({ label }) => label).sort()).toEqual(['5', 'order', 'sea', 'seaside'])
    const examples = ranked.map(({ label }) =>
      builder.example({ task: 'tag', document: '', title: '', date: '', input: text, answer: label }, [], cuts),
    )
    const scores = await base.score(examples)
    for (const [i, one] of ranked.entries()) {
      expect(one.tokens).toBe(scores[i]?.tokens)
      expect(one.logProbability).toBeCloseTo(-(scores[i]?.nll ?? Number.NaN), 2)
    }
    expect(ranked.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9)
  })

  test('sorts by share, with entropy in nats and confidence from 0 to 1', () => {
    const of = (...nats: number[]) =>
      rankingOf(nats.map((logProbability, i) => ({ label: `l${i}`, logProbability, tokens: 2 })))
    const two = of(-900 + Math.log(0.25), -900 + Math.log(0.75))
    expect(two.ranked.map(({ label }) => label)).toEqual(['l1', 'l0'])
    expect(two.ranked[0]?.probability).toBeCloseTo(0.75, 9)
    expect(two.entropy).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 9)
    expect(of(-3, -3, -3, -3)).toMatchObject({
      entropy: expect.closeTo(Math.log(4), 9),
      confidence: expect.closeTo(0, 9),
    })
    expect(of(-3, Number.NEGATIVE_INFINITY)).toMatchObject({ entropy: 0, confidence: 1 })
    expect(of(-3)).toMatchObject({ entropy: 0, confidence: 1 })
  })

  test('refuses an empty set and numbers that are none', async () => {
    const prompt = base.tokenize('x')
    await expect(rankLabels({ base, prompt, labels: [] })).rejects.toThrow(/nothing to choose/)
    const broken = scripted((label) => (label === 'b' ? Number.NaN : -1))
    await expect(rankLabels({ base: broken.base, prompt, labels: ['a', 'b'] })).rejects.toThrow(/"b" is not a number/)
  })

  test('ends every label, so that a beginning of another is a label of its own', () => {
    const [c, cpp] = ['c', 'c++'].map((label) => labelTokens(base, label)) as [Int32Array, Int32Array]
    expect(c.at(-1)).toBe(base.endToken)
    expect(cpp.at(-1)).toBe(base.endToken)
    expect(cpp.subarray(0, c.length).join()).not.toBe(c.join())
  })
})

describe('tags', () => {
  const vocabulary = [
    { tag: 'sea', pieces: 9 },
    { tag: 'order', pieces: 4 },
    { tag: 'clocks', pieces: 2 },
    { tag: 'soup', pieces: 1 },
  ]
  const nats = (label: string) => -label.length

  test('the likeliest of the vocabulary come, with the pieces that have them', async () => {
    const { base: over, ranked, asked } = scripted(nats)
    const { choices, compared } = await chooseTags({ ...request(over), vocabulary, count: 2 })
    expect(choices.map(({ tag, pieces }) => [tag, pieces])).toEqual([
      ['sea', 9],
      ['soup', 1],
    ])
    expect(compared).toBe(4)
    expect(ranked[0]?.labels).toEqual(['sea', 'order', 'clocks', 'soup'])
    expect(ranked[0]?.prompt).toMatch(/tag:$/)
    expect(asked).toEqual([])
  })

  test('new ones are thought up only when asked for, cleaned, and ranked among the others', async () => {
    const written = [
      ' "Sea"',
      ' Fog…',
      ' #ferries, Order.',
      ' The captain of the late ferry is sorry',
      ' ferries',
      ' pier',
    ]
    const { base: over, asked } = scripted(nats, written)
    const { choices, compared } = await chooseTags({ ...request(over), vocabulary, count: 2, fresh: true, seed: 7 })
    expect(choices.map(({ tag, pieces }) => [tag, pieces])).toEqual([
      ['sea', 9],
      ['soup', 1],
      ['pier', 0],
      ['ferries', 0],
    ])
    expect(compared).toBe(6)
    expect(choices.map(({ probability }) => probability)).toEqual(
      choices.map(({ probability }) => probability).sort((a, b) => b - a),
    )
    expect(asked.map(({ options }) => options.seed)).toEqual([7, 8, 9, 10, 11, 12])
    expect(asked.map(({ options }) => options.temperature > 0)).toEqual([false, true, true, true, true, true])
  })

  test('a library without tags and a model without ideas leave nothing to choose from', async () => {
    const { base: over } = scripted(nats, ['', ' .', '!'])
    await expect(chooseTags({ ...request(over), vocabulary: [], fresh: true })).rejects.toThrow(/no tag/)
  })

  test('a written line is read as tags', () => {
    const cases: [string, string[]][] = [
      [' Tags: sea, “fog”; #ferries.', ['sea', 'fog', 'ferries']],
      ['c++', ['c++']],
      [' open-data ', ['open-data']],
      ['', []],
      ['—', []],
      ['the boats that did not come in at all', []],
      ['天気', ['天気']],
      ['天気、港。', ['天気', '港']],
      ['بحر، قوارب؛ موانئ', ['بحر', 'قوارب', 'موانئ']],
    ]
    expect(cases.map(([line]) => tagsIn(line))).toEqual(cases.map(([, tags]) => tags))
  })
})

describe('a rating', () => {
  test('is the distribution over the scale, with its mean and its peak, from likelihoods alone', async () => {
    const shares: Record<string, number> = { 1: 0.1, 2: 0.1, 3: 0.2, 4: 0.5, 5: 0.1 }
    const { base: over, asked } = scripted((label) => Math.log(shares[label] ?? 0) - 40)
    const rating = await rateText({ ...request(over), scores: [1, 2, 3, 4, 5] })
    expect(rating.distribution.map(({ score }) => score)).toEqual([1, 2, 3, 4, 5])
    for (const { score, probability } of rating.distribution) expect(probability).toBeCloseTo(shares[score] ?? 0, 9)
    expect(rating.expected).toBeCloseTo(3.4, 9)
    expect(rating.likeliest).toBe(4)
    expect(asked).toEqual([])
  })

  test('knows no other scores than the scale’s', async () => {
    const { base: over, ranked } = scripted(() => -1)
    const rating = await rateText({ ...request(over), scores: [2.5, 4, 10] })
    expect(ranked[0]?.labels).toEqual(['2.5', '4', '10'])
    expect(rating).toMatchObject({ likeliest: 2.5, expected: expect.closeTo(5.5, 9), confidence: expect.closeTo(0, 9) })
  })
})

describe('a draft', () => {
  test('goes on from the end of the opening by the prose prompt, and streams without its first space', async () => {
    const { base: over, asked } = scripted(() => 0, [' And so it went.'])
    const parts: string[] = []
    const opening = `${'word '.repeat(400)}the end of it`
    await continueDraft({ ...request(over), opening, maxTokens: 20, seed: 3, onText: (part) => parts.push(part) })
    const prompt = base.detokenize(asked[0]?.prompt ?? new Int32Array())
    expect(prompt).toMatch(/the end of it\ncontinuation:$/)
    expect(prompt.length).toBeLessThan(opening.length)
    expect(parts.join('')).toBe('And so it went.')
    expect(asked[0]?.options).toMatchObject({ maxTokens: 20, seed: 3 })
  })

  test('that is empty is tried again with the next seeds, a bounded number of times', async () => {
    const second = scripted(() => 0, [' \n', ' So.'])
    expect((await continueDraft({ ...request(second.base), opening: text, seed: 3 })).text.trim()).toBe('So.')
    expect(second.asked.map(({ options }) => options.seed)).toEqual([3, 4])
    const never = scripted(() => 0)
    expect((await continueDraft({ ...request(never.base), opening: text })).text).toBe('')
    expect(never.asked).toHaveLength(4)
  })
})
