import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerChat, chatPromptWithin } from '../../main/assistant/chat.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, ChatTurn } from '../../main/inference/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
let base: Base

beforeAll(async () => {
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { context: 1024 })
  base = await openBase(file, { threads: 1 })
})
afterAll(() => base.dispose())

const user = (text: string): ChatTurn => ({ role: 'user', text })
const assistant = (text: string): ChatTurn => ({ role: 'assistant', text })
const long = 'water the beans before noon '.repeat(40)
const turns = [
  user('first question'),
  assistant('first answer'),
  user('second question'),
  assistant('second answer'),
  user('last question'),
]
const passages = [
  { title: 'Garden', text: long },
  { title: 'Ferry', text: long },
]
/** The prompt as text; control tokens are not shown. */
const prompt = (limit: number, from = turns, shown = passages) =>
  base.detokenize(chatPromptWithin(base, from, shown, limit).tokens)
const length = (from: ChatTurn[], shown: typeof passages) =>
  chatPromptWithin(base, from, shown, Number.POSITIVE_INFINITY).tokens.length

describe('what a prompt holds', () => {
  test('with room: every turn in order, every passage with its title, each passage cut', () => {
    const text = prompt(5000)
    expect(text).toMatch(/Garden: water.*Ferry: water.*first question.*first answer.*second question.*last question/s)
    expect(text).not.toContain(long)
  })

  test('without passages none is spoken of', () => {
    expect(prompt(5000, [user('hello')], [])).not.toMatch(/Earlier writing/)
  })

  test('the oldest turns go first, a question together with its answer', () => {
    const text = prompt(length(turns, passages) - 1)
    expect(text).not.toContain('first question')
    expect(text).not.toContain('first answer')
    expect(text).toContain('second question')
    expect(text).toMatch(/Garden: .*Ferry: /s)
  })

  test('then passages are cut and left out, from the last; the question stays', () => {
    const question = turns.slice(-1)
    const shorter = prompt(length(question, passages) - 20)
    expect(shorter).toMatch(/Garden: .*Ferry: .*last question/s)
    const one = prompt(length(question, [{ title: 'Garden', text: 'water the beans' }]) + 22)
    expect(one).toContain('Garden')
    expect(one).not.toContain('Ferry')
    expect(one).toContain('last question')
  })

  test('a question that is too long by itself keeps its end, and every prompt keeps to its limit', () => {
    const huge = [user(`begin ${long.repeat(3)} what now?`)]
    const limit = 300
    expect(prompt(limit, huge)).toMatch(/what now\?/)
    expect(prompt(limit, huge)).not.toContain('begin')
    for (const at of [200, 300, 400, 600, 900])
      expect(chatPromptWithin(base, turns, passages, at).tokens.length).toBeLessThanOrEqual(at)
  })
})

describe('what a prompt says of what it holds', () => {
  const within = (limit: number, from = turns) => {
    const { dropped, shortened } = chatPromptWithin(base, from, passages, limit)
    return { dropped, shortened }
  }

  test('how many of the oldest turns it left out, and whether the question lost its beginning', () => {
    expect(within(5000)).toEqual({ dropped: 0, shortened: false })
    expect(within(length(turns, passages) - 1)).toEqual({ dropped: 2, shortened: false })
    expect(within(300, [...turns, assistant('so'), user(`begin ${long.repeat(3)}`)])).toEqual({
      dropped: 6,
      shortened: true,
    })
  })

  test('a conversation of a thousand turns is the one that its newest turns make', () => {
    const years = Array.from({ length: 500 }, (_, n) => [user(`question ${n}`), assistant(`answer ${n}`)]).flat()
    const asked = [...years, user('now what?')]
    const { tokens, dropped } = chatPromptWithin(base, asked, [], 400)
    expect(tokens.length).toBeLessThanOrEqual(400)
    expect(base.detokenize(tokens)).toMatch(/answer 499.*now what\?/s)
    expect(dropped).toBeGreaterThan(900)
    expect(asked[dropped]?.role).toBe('user')
    expect(chatPromptWithin(base, asked.slice(dropped), [], 400).tokens).toEqual(tokens)
  })
})

describe('answers', () => {
  test('stream as they are written and stay within the context', async () => {
    let streamed = ''
    const onText = (part: string) => {
      streamed += part
    }
    const answer = await answerChat({ base, turns, passages, maxTokens: 40, seed: 1, onText })
    expect(streamed).toBe(answer.text)
    expect(answer.tokens).toBeLessThanOrEqual(40)
    expect(await answerChat({ base, turns, passages, maxTokens: 40, seed: 1 })).toEqual(answer)
  })

  test('a stop keeps the text so far', async () => {
    const stop = new AbortController()
    let streamed = ''
    const onText = (part: string) => {
      streamed += part
      if (streamed.length > 5) stop.abort()
    }
    const answer = await answerChat({ base, turns, passages, maxTokens: 60, seed: 1, signal: stop.signal, onText })
    expect(answer).toMatchObject({ finish: 'aborted', text: streamed })
  })

  test('a question that shall be read whole is refused where it does not fit, before anything is written', async () => {
    const asked: number[] = []
    const generate: Base['generate'] = async (given) => {
      asked.push(given.length)
      return { text: 'Yes.', tokens: 2, meanLogProbability: -1, finish: 'end' }
    }
    const over = { ...base, generate }
    const instruction = `Write a letter about this: ${'water the beans before noon '.repeat(200)}`
    const count = base.tokenize(instruction).length
    const refused = answerChat({ base: over, turns: [user(instruction)], passages, whole: true, maxTokens: 40 })
    await expect(refused).rejects.toMatchObject({
      name: 'PromptTooLong',
      message: `the text has ${count} tokens, and with an answer of 40 it does not fit into the model's context of 1024`,
    })
    expect(asked).toEqual([])
    // A chat tells what it left out; and passages make way for what shall be whole.
    expect(await answerChat({ base: over, turns: [user(instruction)], passages })).toMatchObject({ shortened: true })
    const room = 1024 - length([user('Write a letter.')], passages)
    const fits = { base: over, turns: [user('Write a letter.')], passages, whole: true, maxTokens: room + 50 }
    expect(await answerChat(fits)).toMatchObject({ text: 'Yes.', shortened: false })
  })

  test('an answer that was begun is gone on with from its last word', async () => {
    const prompts: string[] = []
    const generate: Base['generate'] = async (given) => {
      prompts.push(base.detokenize(given))
      return { text: '', tokens: 0, meanLogProbability: Number.NaN, finish: 'end' }
    }
    const over = { ...base, generate }
    await answerChat({ base: over, turns, passages })
    await answerChat({ base: over, turns, passages, begun: 'Once there was' })
    expect(prompts[1]).toBe(`${prompts[0]}Once there was`)
  })

  test('a base without a template gets its stop texts', async () => {
    const asked: (string[] | undefined)[] = []
    const generate: Base['generate'] = async (_prompt, options) => {
      asked.push(options.stop)
      return { text: '', tokens: 0, meanLogProbability: Number.NaN, finish: 'end' }
    }
    await answerChat({ base: { ...base, chatStop: ['\nUser:'], generate }, turns, passages: [] })
    expect(asked).toEqual([['\nUser:']])
  })
})
