import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { rankingOf } from '../../main/assistant/labels.ts'
import { choiceOf, scoreAnswers } from '../../main/evaluation/answers.ts'
import { MOST_COMPARED } from '../../main/examples/tag.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { decode, fakeBase, fakeBuilder } from './fake-base.ts'

const tag = (answer: string) => ({ task: 'tag' as const, answer })

describe('what an answer is chosen from', () => {
  it('is what is known, in which a tag is found by any spelling', () => {
    expect(choiceOf(tag('open-data'), { tag: ['Emacs', 'Open data'] })).toEqual({
      task: 'tag',
      labels: ['Emacs', 'Open data'],
      gold: 1,
    })
    expect(choiceOf({ task: 'rate', answer: '4' }, { rate: ['1', '2', '3', '4', '5'] })?.gold).toBe(3)
  })

  it('has the right one as one more where it was not known', () => {
    expect(choiceOf(tag('new'), { tag: ['a', 'b'] })).toMatchObject({ labels: ['a', 'b', 'new'], gold: 2 })
    expect(choiceOf(tag('new'), { tag: [] })).toMatchObject({ labels: ['new'], gold: 0 })
  })

  it('is bounded as in use: a rare one is one more too', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `tag ${i}`)
    expect(choiceOf(tag('tag 7'), { tag: many })).toMatchObject({ gold: 7, labels: { length: MOST_COMPARED } })
    expect(choiceOf(tag('tag 900'), { tag: many })).toMatchObject({
      gold: MOST_COMPARED,
      labels: { length: MOST_COMPARED + 1 },
    })
  })

  it('is nothing for what is written', () => {
    expect(choiceOf({ task: 'prose', answer: 'x' }, { tag: ['a'] })).toBeNull()
    expect(choiceOf(tag('a'), {})).toBeNull()
  })
})

describe('scored answers', () => {
  const query = { ...tag('b'), document: 'd', title: 't', date: '', input: 'i' }
  const example = fakeBuilder.example(query, [], { maxInput: 9, maxRetrieved: 9 })
  const logs: Record<string, number> = { a: -1, b: -3, c: -2000 }
  const base = fakeBase('fake.gguf', (prompt, answer) => {
    expect(prompt).toBe('i>')
    return -(logs[answer.trim()] as number) / (answer.length + 1)
  })

  it('are the share among the labels, of one token, and the answer’s own of free text', async () => {
    const choice = { task: 'rate' as const, labels: ['a', 'b', 'c'], gold: 1 }
    const done: number[] = []
    const scores = await scoreAnswers(
      base,
      [
        { example, choice },
        { example, choice: null },
        { example, choice: { ...choice, gold: 2 } },
      ],
      { voice: null, onProgress: (n) => done.push(n) },
    )
    expect(scores[0]).toEqual({ nll: expect.closeTo(Math.log(1 + Math.exp(2)), 10), tokens: 1 })
    expect(scores[1]).toEqual({ nll: expect.closeTo(3, 10), tokens: 2 })
    // A share that rounds to nothing is no infinity.
    expect(scores[2]?.nll).toBeCloseTo(1999 + Math.log(1 + Math.exp(-2)), 6)
    expect(done).toEqual([1, 2, 3])
    expect(decode(example.tokens.subarray(0, example.answerFrom))).toBe('i>')
  })

  it('that are tags are counted as sure as they are shown: a base that says its neighbour’s tag less so than a voice', async () => {
    const choice = { task: 'tag' as const, labels: ['a', 'b'], gold: 1 }
    const nll = async (voice: { file: string; scale: number } | null): Promise<number | undefined> =>
      (await scoreAnswers(base, [{ example, choice }], { voice }))[0]?.nll
    const { ranked } = rankingOf(
      ['a', 'b'].map((label) => ({ label, logProbability: logs[label] as number, tokens: 2 })),
      4,
    )
    expect(await nll(null)).toBeCloseTo(-Math.log(ranked[1]?.probability as number), 10)
    expect(await nll(null)).toBeCloseTo(Math.log(1 + Math.exp(2 / 4)), 10)
    const file = path.join(temporaryFolder(), 'voice.gguf')
    writeFileSync(file, 'mine')
    expect(await nll({ file, scale: 1 })).toBeCloseTo(Math.log(1 + Math.exp(2)), 10)
  })
})
