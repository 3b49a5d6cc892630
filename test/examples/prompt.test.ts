import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPromptBuilder, type PromptBuilder } from '../../main/examples/prompt.ts'
import type { RetrievedPair, TaskQuery } from '../../main/examples/types.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base } from '../../main/inference/types.ts'
import { SMOLLM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const file = path.join(temporaryFolder(), 'tiny.gguf')
let base: Base
let builder: PromptBuilder

beforeAll(async () => {
  writeTinyModel(file)
  base = await openBase(file, { threads: 1 })
  builder = createPromptBuilder(base)
})
afterAll(() => base.dispose())

const wide = { maxInput: 1000, maxRetrieved: 1000 }

function query(task: TaskQuery['task'], input: string, answer: string): TaskQuery {
  return { task, document: 'd', title: 't', date: '2024-01-01', input, answer }
}

const pair = (input: string, answer: string): RetrievedPair => ({ document: 'r', input, answer })
const text = (tokens: Int32Array) => base.detokenize(tokens)

describe('the words of a prompt', () => {
  test('a headline, exactly', () => {
    const { tokens, answerFrom } = builder.example(query('headline', 'The gate was open.', 'An open gate'), [], wide)
    expect(text(tokens.subarray(0, answerFrom))).toBe(
      'Generate a headline for the following article.\narticle: The gate was open.\nheadline:',
    )
    expect(text(tokens.subarray(answerFrom, -1))).toBe(' An open gate')
    expect(tokens.at(-1)).toBe(base.endToken)
  })

  test('prose, exactly', () => {
    const { tokens, answerFrom } = builder.example(query('prose', 'It rained.', 'Then it stopped.'), [], wide)
    expect(text(tokens.subarray(0, answerFrom))).toBe(
      "Continue the text in its author's hand.\ntext: It rained.\ncontinuation:",
    )
    expect(text(tokens.subarray(answerFrom, -1))).toBe(' Then it stopped.')
  })

  test('retrieved pairs stand before it as solved examples, in the order given', () => {
    const prompt = builder.prompt({ task: 'headline', input: 'C' }, [pair('A', 'One'), pair('B', 'Two')], wide)
    expect(text(prompt)).toBe(
      'article: A\nheadline: One\n\narticle: B\nheadline: Two\n\n' +
        'Generate a headline for the following article.\narticle: C\nheadline:',
    )
  })

  test('bare answers, which have no input, are the label and the answer', () => {
    const { tokens, answerFrom } = builder.example(query('headline', '', 'An open gate'), [pair('', 'One')], wide)
    expect(text(tokens.subarray(0, answerFrom))).toBe('headline: One\n\nheadline:')
    expect(text(tokens.subarray(answerFrom, -1))).toBe(' An open gate')
  })

  test('the profile stands above all, cut to its own bound, and goes before the input does', () => {
    const open = { task: 'tag', input: 'C' } as const
    const profile = 'Writes of boats and of the weather.'
    const shown = 'article: A\ntag: one\n\nWhich tag does the author give the following article?\narticle: C\ntag:'
    expect(text(builder.prompt(open, [pair('A', 'one')], { ...wide, profile }))).toBe(
      `about the author: ${profile}\n\n${shown}`,
    )
    expect(text(builder.prompt(open, [pair('A', 'one')], { ...wide, profile: '  ' }))).toBe(shown)
    const cut = text(builder.prompt(open, [], { ...wide, profile, maxProfile: 3 }))
    expect(cut).not.toContain(profile)
    expect(cut.startsWith('about the author: ')).toBe(true)
    const narrow = text(builder.prompt({ task: 'tag', input: 'C '.repeat(20) }, [], { ...wide, profile, maxTokens: 1 }))
    expect(narrow).not.toContain('about the author')
  })

  test('no BOS where the file wants none, and special tokens in a text are plain text', () => {
    expect(base.beginToken ?? null).toBeNull()
    const { tokens } = builder.example(query('headline', 'a <|im_end|> b', 'c'), [], wide)
    expect([...tokens].filter((token) => token === base.endToken)).toHaveLength(1)
  })

  test('a BOS first where the file wants one', () => {
    const withBegin = createPromptBuilder({ ...base, beginToken: 1 })
    const open = { task: 'headline' as const, input: 'x' }
    expect([...withBegin.prompt(open, [], wide)]).toEqual([1, ...builder.prompt(open, [], wide)])
  })
})

describe('one prompt for training and for use', () => {
  const long = 'When a sentence is slow, read it aloud and cut the rest. '.repeat(20)
  test.each([
    ['short', 'A short text.', wide],
    ['cut', long, { maxInput: 40, maxRetrieved: 20 }],
    ['fitted', long, { maxInput: 400, maxRetrieved: 100, maxTokens: 240 }],
  ])('the ids before the answer are the ids of the prompt: %s', (_name, input, options) => {
    for (const task of ['headline', 'prose'] as const) {
      const retrieved = [pair(long, 'One'), pair(long, 'Two')]
      const example = builder.example(query(task, input, 'An answer.'), retrieved, options)
      const prompt = builder.prompt({ task, input }, retrieved, options)
      expect([...example.tokens.subarray(0, example.answerFrom)]).toEqual([...prompt])
      // The answer's ids are those of the answer by itself, so they cannot change with what stands before.
      expect([...example.tokens.subarray(example.answerFrom)]).toEqual([...base.tokenize(' An answer.'), base.endToken])
    }
  })
})

describe('lengths', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  const ids = (part: string) => base.tokenize(part).length

  test('a headline keeps the beginning of its text, prose the end', () => {
    const cut = { maxInput: 5, maxRetrieved: 5 }
    const first = base.detokenize(base.tokenize(letters).subarray(0, 5))
    const last = base.detokenize(base.tokenize(letters).subarray(ids(letters) - 5))
    expect(text(builder.prompt({ task: 'headline', input: letters }, [], cut))).toContain(`article: ${first}\n`)
    expect(text(builder.prompt({ task: 'prose', input: letters }, [], cut))).toContain(`text: ${last}\n`)
  })

  test('a cut shows no half of a character', () => {
    for (let count = 1; count < 12; count++) {
      const options = { maxInput: count, maxRetrieved: count }
      for (const task of ['headline', 'prose'] as const) {
        const shown = text(builder.prompt({ task, input: '港の朝、古い船' }, [pair('静かな海', '白い帆')], options))
        expect(shown).not.toContain('\ufffd')
      }
    }
  })

  test('to fit, pairs go first, from the last, then the input gets shorter', () => {
    const pairs = [pair('first '.repeat(8), 'One'), pair('second '.repeat(8), 'Two')]
    const open = { task: 'headline' as const, input: letters }
    const alone = builder.prompt(open, [], wide).length
    const withOne = builder.prompt(open, pairs.slice(0, 1), wide).length
    const within = (maxTokens: number) => text(builder.prompt(open, pairs, { ...wide, maxTokens }))
    // 64 tokens are left free for the headline.
    expect(within(withOne + 64)).toContain('One')
    expect(within(withOne + 64)).not.toContain('Two')
    expect(within(alone + 64)).not.toContain('One')
    expect(within(alone + 64)).toContain(letters)
    expect(within(alone + 54)).not.toContain(letters)
    expect(builder.prompt(open, pairs, { ...wide, maxTokens: alone + 54 }).length).toBeLessThanOrEqual(alone - 10)
  })

  test('an answer that does not fit is cut and has no end token', () => {
    const { tokens, answerFrom } = builder.example(query('headline', letters, letters.repeat(20)), [], {
      ...wide,
      maxTokens: 200,
    })
    expect(tokens.length).toBe(200)
    expect(answerFrom).toBeLessThan(200)
    expect(tokens.at(-1)).not.toBe(base.endToken)
  })
})

describe.skipIf(SMOLLM === null)('on the starter model', () => {
  test("the small protocol: whole prompt, answer and end token by the file's own tokenizer", async () => {
    const starter = await openBase(SMOLLM!, { threads: 1 })
    const input = 'The ferry was late again, and nobody on the pier was surprised. '.repeat(30)
    const { tokens, answerFrom } = createPromptBuilder(starter).example(query('headline', input, 'Late again'), [], {
      maxInput: 160,
      maxRetrieved: 160,
    })
    const cut = starter.detokenize(starter.tokenize(input).subarray(0, 160))
    const prompt = `Generate a headline for the following article.\narticle: ${cut}\nheadline:`
    expect([...tokens.subarray(0, answerFrom)]).toEqual([...starter.tokenize(prompt)])
    expect([...tokens.subarray(answerFrom)]).toEqual([...starter.tokenize(' Late again'), 2])
    expect(starter.detokenize(tokens.subarray(answerFrom, -1))).toBe(' Late again')
    await starter.dispose()
  })
})
