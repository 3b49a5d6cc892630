import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tidyHeadline, writeHeadlines } from '../../main/assistant/headline.ts'
import { createPromptBuilder } from '../../main/examples/prompt.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, Generated, GenerateOptions } from '../../main/inference/types.ts'
import { SMOLLM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const text =
  'The ferry was late again, and nobody on the pier was surprised. The captain had stopped saying sorry in May.'
let base: Base

beforeAll(async () => {
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { context: 512 })
  base = await openBase(file, { threads: 1 })
})
afterAll(() => base.dispose())

/** The real base's tokens, and texts from a list in place of generation. */
function scripted(texts: string[]): { base: Base; asked: { prompt: Int32Array; options: GenerateOptions }[] } {
  const asked: { prompt: Int32Array; options: GenerateOptions }[] = []
  const generate = async (prompt: Int32Array, options: GenerateOptions): Promise<Generated> => {
    const said = texts[asked.length % texts.length]!
    asked.push({ prompt, options })
    options.onText?.(said)
    const finish = options.signal?.aborted ? 'aborted' : said.endsWith('…') ? 'length' : 'end'
    return { text: said, tokens: 3, meanLogProbability: -said.length, finish }
  }
  return { base: { ...base, generate }, asked }
}

const request = (over: Base) => ({ base: over, builder: createPromptBuilder(over), text, retrieved: [] })

describe('candidates', () => {
  test('are distinct, tidy, and best first', async () => {
    const { base: over } = scripted([' "A late ferry"', ' A Late Ferry!', ' Late\n', '', ' Nobody was surprised'])
    expect(await writeHeadlines({ ...request(over), count: 3 })).toEqual([
      { text: 'Late', score: -6, index: 1 },
      { text: 'A late ferry', score: -15, index: 0 },
      { text: 'Nobody was surprised', score: -21, index: 2 },
    ])
  })

  test('a headline that is taken is no candidate, however it is written', async () => {
    const { base: over } = scripted([' A late ferry', ' “Nobody was Surprised”', ' The captain is silent'])
    const found = await writeHeadlines({ ...request(over), count: 3, avoid: ['A Late Ferry', 'Nobody Was Surprised.'] })
    expect(found.map(({ text: line }) => line)).toEqual(['The captain is silent'])
  })

  test('what broke off stands after what came to its end', async () => {
    const { base: over } = scripted([' Cut…', ' A whole headline'])
    const found = await writeHeadlines({ ...request(over), count: 2 })
    expect(found.map(({ text: line }) => line)).toEqual(['A whole headline', 'Cut…'])
  })

  test('a model that says one thing gives one, after a bounded number of tries', async () => {
    const { base: over, asked } = scripted([' Same'])
    expect(await writeHeadlines({ ...request(over), count: 4 })).toHaveLength(1)
    expect(asked).toHaveLength(8)
  })

  test('a voice that only says what is taken is loosened, try by try, until it says something of its own', async () => {
    const { base: over, asked } = scripted([...Array<string>(15).fill(' An old title'), ' A new one', ' Another'])
    const voice = { file: 'v.gguf', scale: 1 }
    const found = await writeHeadlines({ ...request(over), voice, count: 4, avoid: ['An old title'] })
    expect(found.map(({ text: line }) => line)).toEqual(['A new one'])
    const heats = asked.map(({ options }) => options.temperature)
    expect(heats.slice(1)).toEqual(heats.slice(1).toSorted((a, b) => a - b))
    expect(heats.at(-1)).toBe(1.3)
    const { base: stuck, asked: stuckAsked } = scripted([' An old title'])
    expect(await writeHeadlines({ ...request(stuck), voice, count: 4, avoid: ['An old title'] })).toEqual([])
    expect(stuckAsked).toHaveLength(20)
  })

  test('one try is greedy, the others are drawn with their own seeds, all from the same prompt', async () => {
    const { base: over, asked } = scripted([' A', ' B', ' C'])
    await writeHeadlines({ ...request(over), count: 3, seed: 40, voice: { file: 'v.gguf', scale: 0.5 } })
    expect(asked.map(({ options }) => options.seed)).toEqual([40, 41, 42])
    expect(asked.map(({ options }) => options.temperature > 0)).toEqual([false, true, true])
    for (const { options } of asked) expect(options.voice).toEqual({ file: 'v.gguf', scale: 0.5 })
    expect(new Set(asked.map(({ prompt }) => prompt.join()))).toHaveLength(1)
    expect(base.detokenize(asked[0]!.prompt)).toMatch(/^Generate a headline .*\nheadline:$/s)
  })

  test('each place is told when it is filled, and when it begins anew', async () => {
    const { base: over } = scripted([' A late ferry', ' A Late Ferry!', ' Late'])
    const told: [number, string | null][] = []
    await writeHeadlines({ ...request(over), count: 2, onCandidate: (at, made) => told.push([at, made?.text ?? null]) })
    expect(told).toEqual([
      [0, 'A late ferry'],
      [1, null],
      [1, 'Late'],
    ])
  })

  test('two voices write at their own places, each beginning with its likeliest, in no order of worth', async () => {
    const [one, two] = [
      { file: 'one.gguf', scale: 1 },
      { file: 'two.gguf', scale: 1 },
    ]
    const { base: over, asked } = scripted([' A', ' Bee', ' C', ' Dee'])
    const found = await writeHeadlines({ ...request(over), count: 4, voices: [two, one, two, one] })
    expect(asked.map(({ options }) => options.voice)).toEqual([two, one, two, one])
    expect(asked.map(({ options }) => options.temperature > 0)).toEqual([false, false, true, true])
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2, 3])
  })

  test('more of the same go on where the first tries ended', async () => {
    const { base: over, asked } = scripted([' A', ' B'])
    await writeHeadlines({ ...request(over), count: 2, seed: 7, after: 3 })
    expect(asked.map(({ options }) => options.seed)).toEqual([10, 11])
    expect(asked.every(({ options }) => options.temperature > 0)).toBe(true)
  })

  test('a stop keeps what was finished', async () => {
    const stop = new AbortController()
    const { base: over, asked } = scripted([' One', ' Two', ' Three'])
    const onText = () => asked.length === 1 && stop.abort()
    const found = await writeHeadlines({ ...request(over), signal: stop.signal, onText })
    expect(found.length).toBeLessThanOrEqual(1)
    expect(asked.length).toBeLessThanOrEqual(2)
  })
})

test('a headline loses its quotes, marks and label, and keeps those that belong to it', () => {
  const cases: [string, string][] = [
    [' "On slow ferries" ', 'On slow ferries'],
    ['“On slow ferries”', 'On slow ferries'],
    ['**On slow ferries**', 'On slow ferries'],
    ['Headline: On slow ferries', 'On slow ferries'],
    ['# On\n slow  ferries', 'On slow ferries'],
    ['"On slow ferries', 'On slow ferries'],
    ['The "slow" ferry', 'The "slow" ferry'],
    ['"Faust" and "Egmont"', '"Faust" and "Egmont"'],
    ['"The "slow" ferry"', 'The "slow" ferry'],
    ["'It's late'", "It's late"],
    ["'Dogs' days of summer'", "Dogs' days of summer"],
    ['‘The dogs’ days of summer’', 'The dogs’ days of summer'],
    ["'Faust' and 'Egmont'", "'Faust' and 'Egmont'"],
    ['‘Faust’ and ‘Egmont’', '‘Faust’ and ‘Egmont’'],
    ['„Die Fähre“', 'Die Fähre'],
    ['„Faust“ und „Egmont“', '„Faust“ und „Egmont“'],
    ["The captain's ferry", "The captain's ferry"],
    ['C# and C++', 'C# and C++'],
    ['"', ''],
  ]
  expect(cases.map(([raw]) => tidyHeadline(raw))).toEqual(cases.map(([, tidy]) => tidy))
})

test('on a real model: what streams for a try begins with its candidate, and a seed repeats all', async () => {
  const streamed = new Map<number, string>()
  const onText = (index: number, part: string) => streamed.set(index, (streamed.get(index) ?? '') + part)
  const onCandidate = (index: number, made: unknown) => made === null && streamed.delete(index)
  const found = await writeHeadlines({ ...request(base), count: 3, maxTokens: 8, onText, onCandidate })
  expect(await writeHeadlines({ ...request(base), count: 3, maxTokens: 8 })).toEqual(found)
  expect(found.length).toBeGreaterThan(0)
  for (const candidate of found) expect(tidyHeadline(streamed.get(candidate.index) ?? '')).toBe(candidate.text)
})

describe.skipIf(SMOLLM === null)('on the starter model', () => {
  test('headlines are short lines of words', async () => {
    const starter = await openBase(SMOLLM!, { threads: 1 })
    const found = await writeHeadlines({ ...request(starter), count: 2, maxTokens: 20 })
    expect(found.length).toBeGreaterThan(0)
    for (const { text: line } of found) expect(line).toMatch(/^\S.*\p{L}{2}.*$/u)
    await starter.dispose()
  })
})
