/** Contrastive decoding on a tiny model with random voices: the formula, its ends, and what it must not change. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBase } from '../../main/inference/base.ts'
import { COPE, contrastLogits, plausibleTokens } from '../../main/inference/contrast.ts'
import type { Base, VoiceUse } from '../../main/inference/types.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { writeTinyVoice } from '../helpers/tiny-voice.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'idiolect-contrast-'))
const file = path.join(folder, 'tiny.gguf')
const use = (name: string): VoiceUse => ({ file: path.join(folder, `${name}.gguf`), scale: 1 })
const task = use('task')
const own = use('own')
let base: Base

beforeAll(async () => {
  const model = writeTinyModel(file, { context: 512 })
  for (const [seed, { file }] of [task, own].entries()) writeTinyVoice(file, model, { seed: seed + 1 })
  base = await openBase(file, { threads: 1 })
})
afterAll(async () => {
  await base.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const ids = (length: number, seed = 1): Int32Array =>
  Int32Array.from({ length }, (_, i) => 3 + ((i * 37 + seed * 101 + ((i * i) % 13)) % 300))
const queries = [1, 2, 3].map((seed) => ({ tokens: ids(40 + seed, seed), answerFrom: 30 }))
const voice = [task, own]

function logSoftmax(logits: Float32Array): number[] {
  const highest = logits.reduce((a, b) => Math.max(a, b))
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit - highest), 0))
  return Array.from(logits, (logit) => logit - highest - sum)
}

describe('the formula', () => {
  test('is (1 + w) log p_voice - w log p_against, normalised, whatever the logits are counted from', () => {
    const [a, b] = [Float32Array.of(1, 2, 3, -1), Float32Array.of(2, 0, 1, 1)]
    const mixed = contrastLogits(a, b, 0.5)
    const [pa, pb] = [logSoftmax(a), logSoftmax(b)]
    const raw = pa.map((value, i) => 1.5 * value - 0.5 * pb[i]!)
    const sum = Math.log(raw.reduce((total, value) => total + Math.exp(value), 0))
    for (const [i, value] of raw.entries()) expect(mixed[i]).toBeCloseTo(value - sum, 6)
    const shifted = contrastLogits(
      a.map((x) => x + 8),
      b.map((x) => x - 4),
      0.5,
    )
    for (const [i, value] of mixed.entries()) expect(shifted[i]).toBeCloseTo(value, 5)
  })

  test("orders tokens as the paper's log p_voice - alpha log p_against does", () => {
    const [a, b] = [Float32Array.of(1, 2, 2.1, -1, 0.5), Float32Array.of(-3, 0, 4, 1, -6)]
    const [pa, pb] = [logSoftmax(a), logSoftmax(b)]
    const paper = pa.map((value, i) => value - 0.1 * pb[i]!)
    const ours = contrastLogits(a, b, COPE.weight)
    const order = (values: ArrayLike<number>) => [0, 1, 2, 3, 4].sort((i, j) => values[j]! - values[i]!)
    expect(order(ours)).toEqual(order(paper))
    // The contrast has changed which comes first, so that the test could have failed.
    expect(order(ours)).not.toEqual(order(pa))
  })

  test('plausible tokens are those at least a share as likely as the likeliest', () => {
    const logits = Float32Array.from([0.5, 0.06, 0.04, 0.4].map(Math.log))
    expect(plausibleTokens(logits, 0.1)).toEqual([0, 1, 3])
    expect(plausibleTokens(logits, 1)).toEqual([0])
    expect(plausibleTokens(logits, 0)).toEqual([0, 1, 2, 3])
  })
})

describe('scores', () => {
  test('of weight 0, and against oneself, are the plain scores', async () => {
    const plain = await base.score(queries, { voice })
    expect(await base.score(queries, { voice, contrast: { against: task, weight: 0, plausible: 0.1 } })).toEqual(plain)
    // However the same voices are listed.
    const itself = { against: [own, task], weight: 0.7, plausible: 0.1 }
    expect(await base.score(queries, { voice, contrast: itself })).toEqual(plain)
    expect(
      await base.score(queries, { voice: null, contrast: { against: null, weight: 0.7, plausible: 0.1 } }),
    ).toEqual(await base.score(queries))
  })

  test('are those of the formula over both sides’ logits', async () => {
    const query = queries[0]!
    const at = Array.from({ length: query.tokens.length - 30 }, (_, i) => 29 + i)
    const [with_, without] = [await base.logits(query.tokens, at, voice), await base.logits(query.tokens, at, task)]
    const expected = at.reduce(
      (sum, position, i) => sum - contrastLogits(with_[i]!, without[i]!, 0.5)[query.tokens[position + 1]!]!,
      0,
    )
    const contrast = { against: task, weight: 0.5, plausible: 0.1 }
    const [score] = await base.score([query], { voice, contrast })
    const [plain] = await base.score([query], { voice })
    expect(Math.abs(score!.nll - expected) / at.length).toBeLessThan(1e-4)
    expect(score?.tokens).toBe(at.length)
    expect(Math.abs(score!.nll - plain!.nll)).toBeGreaterThan(0.01)
    // Held against another side, it is another score.
    const [other] = await base.score([query], { voice, contrast: { ...contrast, against: null } })
    expect(Math.abs(score!.nll - other!.nll)).toBeGreaterThan(0.01)
  })

  test('are ranks too, and over all tokens the probabilities sum to 1', async () => {
    const contrast = { against: task, weight: 0.5, plausible: 0.1 }
    const prompt = ids(35, 4)
    const continuations = [[5, 6, 7], [5, 6, 8, 9], [10]].map((tokens) => Int32Array.from(tokens))
    const scores = await base.score(
      continuations.map((tokens) => ({ tokens: Int32Array.from([...prompt, ...tokens]), answerFrom: 35 })),
      { voice, contrast },
    )
    const ranked = await base.rank(prompt, continuations, { voice, contrast })
    for (const [i, { logProbability }] of ranked.entries())
      expect(Math.abs(logProbability + scores[i]!.nll)).toBeLessThan(1e-4)
    const vocabulary = (await base.logits(prompt, [34]))[0]!.length
    const each = Array.from({ length: vocabulary }, (_, id) => Int32Array.from([id]))
    const all = await base.rank(prompt, each, { voice, contrast })
    expect(all.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0)).toBeCloseTo(1, 5)
  })

  test('a stop ends them, and a contrast out of its bounds is refused', async () => {
    const contrast = { against: task, weight: 0.5, plausible: 0.1 }
    await expect(base.score(queries, { voice, contrast, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    for (const wrong of [{ weight: -1 }, { weight: Number.NaN }, { plausible: 1.1 }])
      await expect(base.score(queries, { voice, contrast: { ...contrast, ...wrong } })).rejects.toMatchObject({
        name: 'BadOption',
      })
  })
})

describe('text', () => {
  const options = { voice, maxTokens: 12, temperature: 1, seed: 5 }

  test('against oneself, with every token plausible, is the plain text', async () => {
    const plain = await base.generate(ids(20), options)
    const same = await base.generate(ids(20), { ...options, contrast: { against: voice, weight: 2, plausible: 0 } })
    expect(same.text).toBe(plain.text)
    expect(same.meanLogProbability).toBeCloseTo(plain.meanLogProbability, 3)
  })

  test('at temperature 0 is, token by token, the likeliest plausible one under the contrast', async () => {
    const contrast = { against: task, weight: 3, plausible: 0.5 }
    const prompt = ids(20, 2)
    const written = await base.generate(prompt, { voice, maxTokens: 6, temperature: 0, contrast })
    const tokens = [...prompt]
    let sum = 0
    for (let i = 0; i < written.tokens; i++) {
      const at = [tokens.length - 1]
      const [a] = await base.logits(Int32Array.from(tokens), at, voice)
      const [b] = await base.logits(Int32Array.from(tokens), at, task)
      const mixed = contrastLogits(a!, b!, 3)
      const best = plausibleTokens(a!, 0.5).reduce((x, y) => (mixed[y]! > mixed[x]! ? y : x))
      sum += mixed[best]!
      tokens.push(best)
    }
    expect(written.text).toBe(base.detokenize(Int32Array.from(tokens.slice(20))).replace(/\uFFFD+$/, ''))
    // Text is written with flash attention, which rounds otherwise than what gives logits and scores.
    expect(written.meanLogProbability).toBeCloseTo(sum / written.tokens, 2)
    const plain = await base.generate(prompt, { voice, maxTokens: 6, temperature: 0 })
    expect(written.text).not.toBe(plain.text)
  })

  test('a seed repeats it, also after other work', async () => {
    const contrast = { against: task, ...COPE }
    const first = await base.generate(ids(30, 3), { ...options, contrast })
    await base.generate(ids(30, 8), options)
    expect(await base.generate(ids(30, 3), { ...options, contrast })).toEqual(first)
  })

  test('after a score begins with the likeliest plausible token, and the score is as ever', async () => {
    const [query] = queries as [(typeof queries)[number]]
    const contrast = { against: task, ...COPE }
    const [expected] = await base.score([query], { voice, contrast })
    const first = await base.answer(query, { ...options, temperature: 0, contrast })
    expect(first.score).toEqual(expected)
    expect(await base.answer(query, { ...options, temperature: 0, contrast })).toEqual(first)
    expect(await base.score([query], { voice, contrast })).toEqual([expected])
    const said = await base.generate(query.tokens.slice(0, query.answerFrom), { ...options, temperature: 0, contrast })
    expect(first.written.meanLogProbability).toBeCloseTo(said.meanLogProbability, 2)
  })

  test('a stop keeps the text so far', async () => {
    const stop = new AbortController()
    const cut = await base.generate(ids(25), {
      ...options,
      maxTokens: 60,
      contrast: { against: task, ...COPE },
      signal: stop.signal,
      onText: () => stop.abort(),
    })
    expect(cut.finish).toBe('aborted')
    expect(cut.tokens).toBeLessThan(60)
  })
})

test('both sides stay open: going to and fro opens nothing anew', async () => {
  // A third context beside both; were one closed for another, its file would be asked for again.
  const gone = use('gone')
  writeTinyVoice(gone.file, writeTinyModel(path.join(folder, 'again.gguf')), { seed: 9 })
  const contrast = { against: gone, weight: 0.5, plausible: 0.1 }
  const fresh = await openBase(file, { threads: 1 })
  const before = await fresh.score(queries, { voice: own, contrast })
  await fresh.score(queries)
  expect(await fresh.score(queries, { voice: own, contrast })).toEqual(before)
  await fresh.dispose()
})
