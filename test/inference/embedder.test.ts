import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { baseAsEmbedder, openEmbedder } from '../../main/inference/embedder.ts'
import { MINILM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'tiny.gguf')

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0)

beforeAll(() => {
  writeTinyModel(file)
})

describe('a base as embedder', () => {
  test('unit vectors of its width; blank texts too', async () => {
    const embedder = await baseAsEmbedder(file, { threads: 1 })
    expect(embedder).toMatchObject({ kind: 'base', dimensions: 64 })
    const vectors = await embedder.embed(['The gate stood open.', '', 'x'.repeat(5000)])
    expect(vectors.map((vector) => vector.length)).toEqual([64, 64, 64])
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 5)
    await embedder.dispose()
  })

  test('the mean over all tokens, not the last one: a text differs from its end and from its beginning', async () => {
    const embedder = await baseAsEmbedder(file, { threads: 1 })
    const [whole, sameEnd, sameBeginning, again] = await embedder.embed([
      'abcdef z',
      'ghijkl z',
      'abcdef q',
      'abcdef z',
    ])
    expect(again).toEqual(whole)
    expect(dot(whole!, sameEnd!)).toBeLessThan(0.999)
    // One of eight tokens differs: with the last state alone these two would be strangers.
    expect(dot(whole!, sameBeginning!)).toBeGreaterThan(dot(whole!, sameEnd!))
    await embedder.dispose()
  })

  test('only the first tokens are read', async () => {
    const embedder = await baseAsEmbedder(file, { threads: 1, maxTokens: 10 })
    const [a, b] = await embedder.embed(['0123456789 and so on', '0123456789 and not so'])
    expect(a).toEqual(b)
    await embedder.dispose()
  })

  test('progress counts texts, and a stop ends it', async () => {
    const embedder = await baseAsEmbedder(file, { threads: 1 })
    const stop = new AbortController()
    const seen: number[] = []
    const run = embedder.embed(['a', 'b', 'c'], {
      signal: stop.signal,
      onProgress: (done) => {
        seen.push(done)
        if (done === 2) stop.abort()
      },
    })
    await expect(run).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen).toEqual([1, 2])
    await embedder.dispose()
  })
})

test('a chat model is refused as embedder', async () => {
  await expect(openEmbedder(file, { threads: 1 })).rejects.toThrow(/tiny\.gguf \(llama\) is no sentence embedder/)
})

describe.skipIf(MINILM === null)('all-MiniLM-L6-v2', () => {
  test('texts of like meaning lie closer', async () => {
    const embedder = await openEmbedder(MINILM!, { threads: 1 })
    expect(embedder).toMatchObject({ kind: 'embedder', dimensions: 384 })
    const [cat, kitten, stocks] = await embedder.embed([
      'A cat sat on the mat',
      'A kitten on a rug',
      'Stock prices fell',
    ])
    expect(dot(cat!, cat!)).toBeCloseTo(1, 5)
    expect(dot(cat!, kitten!)).toBeGreaterThan(dot(cat!, stocks!) + 0.3)
    await embedder.dispose()
  })

  test('a text beyond its context is cut, not refused', async () => {
    const embedder = await openEmbedder(MINILM!, { threads: 1 })
    const [long] = await embedder.embed(['The quick brown fox jumps over the lazy dog. '.repeat(300)])
    expect(dot(long!, long!)).toBeCloseTo(1, 5)
    await embedder.dispose()
  })
})
