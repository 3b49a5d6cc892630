import { appendFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { keepScores } from '../../main/evaluation/kept-scores.ts'
import type { Base } from '../../main/inference/types.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const query = (...tokens: number[]): TokenExample => ({ tokens: Int32Array.from(tokens), answerFrom: 1 })
const three = [query(1, 2, 3), query(4, 5), query(6, 7, 8, 9)]

/** Scores by the tokens' sum and counts what it was asked. */
function counting(): Pick<Base, 'score' | 'rank'> & { asked: number } {
  return {
    asked: 0,
    async score(queries) {
      this.asked += queries.length
      return queries.map(({ tokens, answerFrom }) => ({
        nll: tokens.reduce((sum, token) => sum + token, 0) / 7,
        tokens: tokens.length - answerFrom,
      }))
    },
    async rank(prompt, continuations) {
      this.asked++
      return continuations.map((tokens) => ({
        logProbability: -((prompt[0] as number) + (tokens[0] as number)) / 7,
        tokens: tokens.length,
      }))
    },
  }
}

describe('scores that are kept', () => {
  test('are the base’s own, in order, and computed once, by whoever opens the file next too', async () => {
    const file = path.join(folder, 'once.jsonl')
    const base = counting()
    const first = await keepScores(base, file, () => 'content').score(three)
    expect(first).toEqual(await counting().score(three))
    const again = counting()
    const progress: number[] = []
    const kept = keepScores(again, file, () => 'content')
    expect(await kept.score(three, { onProgress: (done) => progress.push(done) })).toEqual(first)
    expect(again.asked).toBe(0)
    expect(progress).toEqual([1, 2, 3])
  })

  test('go on after a kill: a torn line counts as not written', async () => {
    const file = path.join(folder, 'torn.jsonl')
    await keepScores(counting(), file, () => 'content').score(three.slice(0, 2))
    appendFileSync(file, readFileSync(file, 'utf8').slice(0, 20))
    const base = counting()
    expect(await keepScores(base, file, () => 'content').score(three)).toEqual(await counting().score(three))
    expect(base.asked).toBe(1)
    const last = counting()
    await keepScores(last, file, () => 'content').score(three)
    expect(last.asked).toBe(0)
  })

  test('are another voice’s when its file, its content or its strength is another', async () => {
    const file = path.join(folder, 'voices.jsonl')
    const base = counting()
    const contents: Record<string, string> = { a: 'one', b: 'two' }
    const kept = keepScores(base, file, (voice) => contents[voice] as string)
    const ask = async (voice: Parameters<Base['score']>[1]): Promise<number> => {
      const before = base.asked
      await kept.score(three, voice)
      return base.asked - before
    }
    expect(await ask({ voice: null })).toBe(3)
    expect(await ask({ voice: { file: 'a', scale: 1 } })).toBe(3)
    expect(await ask({ voice: { file: 'a', scale: 0.5 } })).toBe(3)
    expect(await ask({ voice: { file: 'b', scale: 1 } })).toBe(3)
    expect(
      await ask({
        voice: [
          { file: 'a', scale: 1 },
          { file: 'b', scale: 1 },
        ],
      }),
    ).toBe(3)
    expect(await ask({ voice: { file: 'a', scale: 1 } })).toBe(0)
    contents.a = 'replaced'
    expect(await ask({ voice: { file: 'a', scale: 1 } })).toBe(3)
  })

  test('are rankings too, each for its prompt, its labels and its voice', async () => {
    const file = path.join(folder, 'ranked.jsonl')
    const [prompt, labels] = [Int32Array.of(1, 2), [Int32Array.of(3, 4), Int32Array.of(5)]]
    const first = await keepScores(counting(), file, () => 'content').rank(prompt, labels)
    expect(first).toEqual(await counting().rank(prompt, labels))
    const base = counting()
    const kept = keepScores(base, file, (voice) => voice)
    expect(await kept.rank(prompt, labels)).toEqual(first)
    expect(base.asked).toBe(0)
    await kept.rank(Int32Array.of(1), [Int32Array.of(2, 3, 4), Int32Array.of(5)])
    await kept.rank(prompt, labels.toReversed())
    await kept.rank(prompt, labels, { voice: { file: 'a', scale: 1 } })
    expect(base.asked).toBe(3)
    await kept.rank(prompt, labels, { voice: { file: 'a', scale: 1 } })
    expect(base.asked).toBe(3)
  })

  test('a score that is no number is handed on and not kept; an abort keeps what is there', async () => {
    const file = path.join(folder, 'bad.jsonl')
    const broken: Pick<Base, 'score' | 'rank'> = { ...counting(), score: async () => [{ nll: Number.NaN, tokens: 2 }] }
    expect((await keepScores(broken, file, () => '').score([query(1, 2)]))[0]?.nll).toBeNaN()
    const controller = new AbortController()
    const kept = keepScores(counting(), file, () => '')
    const stopped = kept.score(three, {
      signal: controller.signal,
      onProgress: (done) => done === 2 && controller.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
    const base = counting()
    await keepScores(base, file, () => '').score(three)
    expect(base.asked).toBe(1)
  })
})
