/** Ranks on a tiny model: the same numbers as scores, whatever the continuations have in common. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TokenMeter } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openBase } from '../../main/inference/base.ts'
import { CHUNK, type Kv } from '../../main/inference/kv.ts'
import { rankContinuations } from '../../main/inference/rank.ts'
import type { Base } from '../../main/inference/types.ts'
import { SMOLLM } from '../helpers/models.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { writeTinyVoice } from '../helpers/tiny-voice.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'idiolect-rank-'))
const file = path.join(folder, 'tiny.gguf')
const voice = { file: path.join(folder, 'voice.gguf'), scale: 1 }
let base: Base

beforeAll(async () => {
  writeTinyVoice(voice.file, writeTinyModel(file, { context: 1024 }), { seed: 4 })
  base = await openBase(file, { threads: 1 })
})
afterAll(async () => {
  await base.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const ids = (length: number, seed = 1): Int32Array =>
  Int32Array.from({ length }, (_, i) => 3 + ((i * 37 + seed * 101 + ((i * i) % 13)) % 300))

/** Alone, shared beginnings, one that another goes on from, a branch within a branch, the same twice, the end token. */
const CONTINUATIONS = [
  [7],
  [9, 10, 11, 12],
  [9, 10, 11, 13, 2],
  [9, 10],
  [9, 10, 11, 13, 14, 15],
  [20, 21, 22],
  [9, 10],
  [7, 2],
  [30],
].map((tokens) => Int32Array.from(tokens))

/** Each by itself, as a query. */
async function scored(of: Base, prompt: Int32Array, use: typeof voice | null = null): Promise<number[]> {
  const queries = CONTINUATIONS.map((tokens) => ({
    tokens: Int32Array.from([...prompt, ...tokens]),
    answerFrom: prompt.length,
  }))
  return (await of.score(queries, { voice: use })).map(({ nll }) => -nll)
}

function expectClose(found: readonly { logProbability: number }[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length)
  // Keys and values are held in F16, and a batch of another size falls into other kernels: AVX2's differ by 1.1e-4.
  for (const [i, { logProbability }] of found.entries())
    expect(Math.abs(logProbability - expected[i]!)).toBeLessThan(5e-4)
}

describe('ranks', () => {
  test.each([
    ['one token', 1],
    ['a short prompt', 30],
    ['a whole batch', CHUNK],
    ['more than a batch', CHUNK + 77],
  ])('are the scores of prompt and continuation: %s', async (_, length) => {
    const prompt = ids(length)
    const expected = await scored(base, prompt)
    const found = await base.rank(prompt, CONTINUATIONS)
    expectClose(found, expected)
    expect(found.map(({ tokens }) => tokens)).toEqual(CONTINUATIONS.map((tokens) => tokens.length))
    // Random weights give every continuation a number of its own, so that a mix-up would be seen.
    expect(new Set(expected.map((value) => value.toFixed(3))).size).toBe(CONTINUATIONS.length - 1)
  })

  test('follow the voice', async () => {
    const prompt = ids(40, 3)
    const [plain, own] = [await base.rank(prompt, CONTINUATIONS), await base.rank(prompt, CONTINUATIONS, { voice })]
    expectClose(own, await scored(base, prompt, voice))
    expect(Math.abs(own[1]!.logProbability - plain[1]!.logProbability)).toBeGreaterThan(0.01)
  })

  test('of every token there is sum to a probability of 1', async () => {
    const vocabulary = (await base.logits(ids(9), [8]))[0]!.length
    const each = Array.from({ length: vocabulary }, (_, id) => Int32Array.from([id]))
    const found = await base.rank(ids(9), each)
    expect(found.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0)).toBeCloseTo(1, 4)
  })

  test('are the same whatever came before, and leave no trace', async () => {
    const prompt = ids(50, 5)
    const query = { tokens: ids(60, 6), answerFrom: 50 }
    const first = await base.rank(prompt, CONTINUATIONS)
    const score = await base.score([query])
    expect(await base.rank(prompt, CONTINUATIONS)).toEqual(first)
    expect(await base.score([query])).toEqual(score)
    const [together] = await Promise.all([base.rank(prompt, CONTINUATIONS), base.score([query])])
    expect(together).toEqual(first)
  })

  test('a stop ends it, and the next run is right', async () => {
    const prompt = ids(44, 7)
    const whole = await base.rank(prompt, CONTINUATIONS)
    await expect(base.rank(prompt, CONTINUATIONS, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await base.rank(prompt, CONTINUATIONS)).toEqual(whole)
  })

  test('none for no continuation; an empty prompt and one too long are refused', async () => {
    expect(await base.rank(ids(5), [])).toEqual([])
    await expect(base.rank(new Int32Array(0), CONTINUATIONS)).rejects.toMatchObject({ name: 'EmptyPrompt' })
    await expect(base.rank(ids(5), [new Int32Array(0)])).rejects.toThrow(/no tokens/)
    const small = await openBase(file, { threads: 1, contextSize: 64 })
    await expect(small.rank(ids(60), CONTINUATIONS)).rejects.toThrow(/66 tokens .* holds 64/)
    expectClose(await small.rank(ids(58), CONTINUATIONS), await scored(small, ids(58)))
    await small.dispose()
  })
})

/** Tokens that llama.cpp computes during `work`. */
async function computed(work: () => Promise<unknown>): Promise<number> {
  const used = vi.spyOn(TokenMeter.prototype, 'useTokens')
  await work()
  // Those that were only read and those that something was asked after.
  const count = used.mock.calls.reduce((sum, [tokens]) => sum + tokens, 0)
  used.mockRestore()
  return count
}

test('blocks with a sliding window: the same numbers, and the prompt is read once', async () => {
  // Shorter than the prompt.
  const windowed = path.join(folder, 'windowed.gguf')
  writeTinyModel(windowed, { architecture: 'gemma3', context: 256, window: { tokens: 16, pattern: 2 } })
  const gemma = await openBase(windowed, { threads: 1 })
  const prompt = ids(40, 2)
  const labels = CONTINUATIONS.reduce((sum, { length }) => sum + length, 0)
  const read = await computed(() => gemma.rank(prompt, CONTINUATIONS))
  expect(read).toBeGreaterThanOrEqual(prompt.length)
  expect(read).toBeLessThanOrEqual(prompt.length + labels)
  expectClose(await gemma.rank(prompt, CONTINUATIONS), await scored(gemma, prompt))
  // A second text to a prompt goes on from it.
  const begun = ids(CHUNK + 40, 2).subarray(0, 200)
  await gemma.generate(begun, { maxTokens: 4, temperature: 0 })
  expect(await computed(() => gemma.generate(begun, { maxTokens: 4, temperature: 1, seed: 2 }))).toBeLessThanOrEqual(4)
  // An answer after a score reads its prompt again there.
  const query = { tokens: ids(50, 2), answerFrom: 40 }
  const [score] = await gemma.score([query])
  const answered = await gemma.answer(query, { maxTokens: 4, temperature: 0 })
  expect(answered.score).toEqual(score)
  expect((await gemma.answer(query, { maxTokens: 4, temperature: 0 })).written).toEqual(answered.written)
  await gemma.dispose()
})

test.skipIf(SMOLLM === null)('the starter model ranks as it scores, however the tokens fall into batches', async () => {
  const starter = await openBase(SMOLLM!, { threads: 1, contextSize: 256 })
  const prompt = starter.tokenize('Nobody on the pier was surprised that the ferry came late again. '.repeat(7))
  // Batches of fewer than 64 tokens are added up otherwise with flash attention.
  expect(prompt.length).toBeGreaterThan(64)
  const continuations = [' game dev', ' games', ' emacs', ' emacs lisp'].map((text) =>
    Int32Array.from([...starter.tokenize(text), starter.endToken]),
  )
  const scores = await starter.score(
    continuations.map((tokens) => ({ tokens: Int32Array.from([...prompt, ...tokens]), answerFrom: prompt.length })),
  )
  const ranked = await starter.rank(prompt, continuations)
  const differences = ranked.map(({ logProbability, tokens }, i) => Math.abs(logProbability + scores[i]!.nll) / tokens)
  // Mostly none at all; a batch of one token is added up in another order, which may turn a rounding to 8 bits.
  expect(Math.max(...differences)).toBeLessThan(0.15)
  expect(differences.filter((difference) => difference < 1e-4).length).toBeGreaterThanOrEqual(2)
  await starter.dispose()
})

test('the prompt is read once, and what continuations share once', async () => {
  const read: string[] = []
  const kv: Kv = {
    async evaluate(tokens, wanted) {
      read.push(`prompt of ${tokens.length}`)
      return answers(wanted)
    },
    async extend(tokens, wanted) {
      read.push([...tokens].join(' '))
      return answers(wanted)
    },
    async takeBack(count) {
      read.push(`back ${count}`)
      return true
    },
    append: () => Promise.reject(new Error('not used')),
    cut: () => Promise.reject(new Error('not used')),
  }
  const answers = (wanted: Parameters<Kv['extend']>[1]) =>
    [...wanted.values()].map((want) => {
      if (want.kind === 'token') return { kind: 'token' as const, logProbability: -1 }
      if (want.kind === 'tokens') return { kind: 'tokens' as const, logProbabilities: want.tokens.map(() => -1) }
      throw new Error(want.kind)
    })
  const continuations = [[1, 2, 3, 9], [1, 2, 4, 9], [5], [1, 2]].map((tokens) => Int32Array.from(tokens))
  const ranked = await rankContinuations(kv, Int32Array.of(8, 8, 8), continuations)
  expect(ranked.map(({ logProbability }) => logProbability)).toEqual([-4, -4, -1, -2])
  expect(read).toEqual(['prompt of 3', '1 2', '3', 'back 1', '4', 'back 1', 'back 2'])
})
