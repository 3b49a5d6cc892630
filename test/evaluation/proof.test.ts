import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ofKnownStart } from '../../main/app/training/prove.ts'
import { worseIn } from '../../main/evaluation/by-task.ts'
import { runProof } from '../../main/evaluation/proof.ts'
import { readProof, writeProof } from '../../main/evaluation/proof-file.ts'
import { judge } from '../../main/evaluation/verdict.ts'
import { labelTemperature } from '../../main/examples/labels.ts'
import type { RetrievedPair, TaskQuery } from '../../main/examples/types.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { fakeBase, fakeBuilder } from './fake-base.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'proof-'))
  writeFileSync(path.join(folder, 'voice.gguf'), 'mine')
  writeFileSync(path.join(folder, 'other.gguf'), 'theirs')
  writeFileSync(path.join(folder, 'form.gguf'), 'form')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Two queries a piece; a piece's letter sets how hard it is. */
function makeQueries(pieces: number): TaskQuery[] {
  return Array.from({ length: pieces }, (_, i) => {
    const letter = String.fromCharCode(97 + i)
    return ['x', 'y'].map((part) => ({
      task: 'headline' as const,
      document: `piece ${letter}`,
      title: `Title ${letter}`,
      date: '2024-05-17',
      input: `${letter}${part}`,
      answer: part.repeat(3 + (i % 4)),
    }))
  }).flat()
}

const pair: RetrievedPair = { document: 'earlier', input: 'seen', answer: 'told' }

interface Effects {
  voice: number
  voiceRetrieved?: number
  other?: number
  /** What answers in the voice's place gains. */
  form?: number
  /** Spread of a piece's gain around its mean, nats. */
  spread?: number
  pieces?: number
}

/** A proof where the voice gains as said, and each text before the query is worth 0.2 nats to all. */
function proofOf(
  { voice, voiceRetrieved = voice, other = 0, form = 0, spread = 0.05, pieces = 8 }: Effects,
  options = {},
) {
  const base = fakeBase('fake.gguf', (prompt, _answer, by) => {
    const retrieved = prompt.includes('|')
    const letter = (prompt.split('|').at(-1) as string).charCodeAt(0) - 97
    const shift = spread * (letter % 2 === 0 ? 1 : -1)
    const gain =
      by === 'mine' ? (retrieved ? voiceRetrieved : voice) + shift : by === 'theirs' ? other : by === 'form' ? form : 0
    return 4 + letter / 10 - gain - 0.2 * (prompt.split('|').length - 1)
  })
  return runProof({
    base,
    baseId: 'fake',
    run: 'run 1',
    voice: 'voice 1',
    queries: makeQueries(pieces),
    builder: fakeBuilder,
    prompt: { maxInput: 160, maxRetrieved: 160 },
    voiceFile: path.join(folder, 'voice.gguf'),
    otherFile: path.join(folder, 'other.gguf'),
    otherIs: 'the voice of Jane Doe',
    retrieve: () => [pair],
    seed: 1,
    ...options,
  })
}

describe('a proof', () => {
  it('scores six ways, and the numbers are the means per token', async () => {
    const shares: number[] = []
    const proof = await proofOf({ voice: 0.5, other: 0.2 }, { onProgress: (share: number) => shares.push(share) })
    const tokens = proof.items.map((item) => item.tokens)
    const mean = (of: (i: number) => number) =>
      tokens.reduce((sum, count, i) => sum + count * of(i), 0) / tokens.reduce((a, b) => a + b)
    expect(proof.queries).toBe(16)
    expect(proof.pieces).toBe(8)
    // 3 to 6 letters and the end token.
    expect(tokens.slice(0, 4)).toEqual([4, 4, 5, 5])
    for (const arm of [
      'base',
      'voice',
      'other',
      'baseWithRetrieval',
      'voiceWithRetrieval',
      'otherWithRetrieval',
    ] as const) {
      expect(proof.scores[arm].nll).toBeCloseTo(
        mean((i) => proof.items[i]?.[arm] ?? Number.NaN),
        10,
      )
      expect(proof.scores[arm].low).toBeLessThan(proof.scores[arm].nll)
      expect(proof.scores[arm].high).toBeGreaterThan(proof.scores[arm].nll)
    }
    expect(proof.gain.overBase.mean).toBeCloseTo(proof.scores.base.nll - proof.scores.voice.nll, 10)
    expect(proof.gain.overOther.mean).toBeCloseTo(proof.scores.other.nll - proof.scores.voice.nll, 10)
    expect(proof.scores.base.nll - proof.scores.baseWithRetrieval.nll).toBeCloseTo(0.2, 10)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })

  it('pairs the queries: hard pieces and easy ones do not blur the gain', async () => {
    const proof = await proofOf({ voice: 0.5 })
    const width = (interval: { low: number; high: number }) => interval.high - interval.low
    expect(width(proof.gain.overBase)).toBeLessThan(width(proof.scores.base) / 3)
  })

  it('is the same again for the same seed', async () => {
    const { computedAt: _a, ...first } = await proofOf({ voice: 0.5 })
    const { computedAt: _b, ...second } = await proofOf({ voice: 0.5 })
    expect(second).toEqual(first)
  })

  it('is lost to what answers in the voice’s place without it, where that knows as much', async () => {
    const standIns = { standIns: { headline: { file: path.join(folder, 'form.gguf') } } }
    const lost = await proofOf({ voice: 0.5, form: 0.6 }, standIns)
    expect(lost.scores.base.nll - (lost.scores.task?.nll ?? 0)).toBeCloseTo(0.6, 10)
    expect(lost.gain.overTaskWithRetrieval?.mean).toBeLessThan(0)
    expect(lost.won).toBe(false)
    expect(lost.verdict).toContain('task adapter')
    const won = await proofOf({ voice: 0.5, form: 0.3 }, standIns)
    expect([won.won, won.gain.overTask?.low ?? 0]).toEqual([true, expect.closeTo(0.2, 1)])
  })

  it('has the base in the voice’s place in tasks without a stand-in', async () => {
    const mixed = makeQueries(8).map((query, i) => ({ ...query, task: i % 2 === 0 ? ('headline' as const) : 'prose' }))
    const proof = await proofOf(
      { voice: 0.5, form: 0.4 },
      { queries: mixed, standIns: { headline: { file: path.join(folder, 'form.gguf') } } },
    )
    // Half of all tokens are of headlines.
    expect(proof.scores.base.nll - (proof.scores.task?.nll ?? 0)).toBeCloseTo(0.2, 10)
    const without = await proofOf({ voice: 0.5 }, { standIns: { tag: { file: path.join(folder, 'form.gguf') } } })
    expect(without.scores.task).toBeUndefined()
    expect(without.gain.overTask).toBeUndefined()
  })

  it('holds a voice against what is shown without one', async () => {
    const pieces = { retrieveWithoutVoice: () => [pair, pair, pair] }
    const [alike, more] = [await proofOf({ voice: 0.5 }), await proofOf({ voice: 0.5 }, pieces)]
    expect(more.gain.overBase).toEqual(alike.gain.overBase)
    expect(more.gain.overOther).toEqual(alike.gain.overOther)
    expect(alike.gain.overBaseWithRetrieval.mean).toBeCloseTo(0.5, 1)
    expect(more.gain.overBaseWithRetrieval.mean).toBeCloseTo(alike.gain.overBaseWithRetrieval.mean - 0.4, 10)
    expect([alike.won, more.won]).toEqual([true, true])
    expect((await proofOf({ voice: 0.3 }, pieces)).won).toBe(false)
    const leak = { retrieveWithoutVoice: () => [{ ...pair, document: 'piece b' }] }
    await expect(proofOf({ voice: 0.5 }, leak)).rejects.toThrow('piece b')
  })

  it('refuses a piece of the proof among the retrieved', async () => {
    const leak = { retrieve: () => [{ ...pair, document: 'piece b' }] }
    await expect(proofOf({ voice: 0.5 }, leak)).rejects.toThrow('piece b is kept for the proof')
  })

  it('scores what is left of an answer that retrieval cut, everywhere', async () => {
    const cutting = {
      builder: {
        example: (...[query, retrieved, prompt]: Parameters<typeof fakeBuilder.example>) => {
          const { tokens, answerFrom } = fakeBuilder.example(query, retrieved, prompt)
          return { tokens: retrieved.length > 0 ? tokens.slice(0, answerFrom + 2) : tokens, answerFrom }
        },
      },
    }
    const proof = await proofOf({ voice: 0.5 }, cutting)
    expect(proof.items.map(({ tokens }) => tokens)).toEqual(proof.items.map(() => 2))
  })

  it('refuses a base that scored other answers than were asked', async () => {
    const base = fakeBase('fake.gguf', () => 4)
    const short = { ...base, score: async (queries: TokenExample[]) => queries.map(() => ({ nll: 4, tokens: 1 })) }
    await expect(proofOf({ voice: 0.5 }, { base: short })).rejects.toThrow('has 4 answer tokens, and 1 were scored')
  })

  it('says so when there is nothing to prove on, or a likelihood is no number', async () => {
    await expect(proofOf({ voice: 0.5 }, { queries: [] })).rejects.toMatchObject({ name: 'NothingToProve' })
    await expect(proofOf({ voice: Number.NaN })).rejects.toMatchObject({
      name: 'BadScore',
      message: 'The likelihood of "Title a" under voice is NaN, not a number',
    })
  })

  it('stops at an abort', async () => {
    const abort = new AbortController()
    const stopping = { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) }
    await expect(proofOf({ voice: 0.5 }, stopping)).rejects.toThrow('enough')
  })
})

describe('the verdict', () => {
  it('is won with every interval clear, and names the numbers', async () => {
    const proof = await proofOf({ voice: 0.5, other: 0.2 })
    expect(proof.won).toBe(true)
    const number = (value: number) => value.toFixed(2)
    expect(proof.verdict).toContain(`from ${number(proof.scores.base.nll)} to ${number(proof.scores.voice.nll)} nats`)
    expect(proof.verdict).toContain('8 newest pieces')
    expect(proof.verdict).toContain('leads the voice of Jane Doe by 0.3')
  })

  /** Headlines gain as said, tags as said, in pieces of their own; 0.2 nats of both by retrieval. */
  const twoTasks = (headline: number, tag: number, options = {}, form = 0) => {
    const queries = makeQueries(8).map((query, i) => ({
      ...query,
      task: i % 4 === 3 ? ('tag' as const) : ('headline' as const),
      input: `${i % 4 === 3 ? 't' : 'h'}${query.input}`,
    }))
    const base = fakeBase('fake.gguf', (prompt, _answer, by) => {
      const own = prompt.split('|').at(-1) as string
      const gain = by === 'mine' ? (own.startsWith('t') ? tag : headline) : by === 'form' ? form : 0
      return 5 - gain - (prompt.includes('|') ? 0.2 : 0)
    })
    return proofOf({ voice: 0 }, { base, queries, ...options })
  }

  it('is won by what a voice gains on the whole, and names the task that it makes worse', async () => {
    const proof = await twoTasks(1, -0.2)
    expect(proof.won).toBe(true)
    expect(proof.tasks?.map(({ task, queries, pieces, better }) => [task, queries, pieces, better])).toEqual([
      ['headline', 12, 8, true],
      ['tag', 4, 4, false],
    ])
    expect(proof.tasks?.[1]?.gain.overBase.mean).toBeCloseTo(-0.2, 10)
    expect(proof.tasks?.[1]?.gain.overBase.high).toBeLessThan(0)
    expect(worseIn(proof)).toEqual(['tag'])
    expect(proof.verdict).toContain('It is silent in tags, where')
    expect((await twoTasks(1, 0.1)).verdict).not.toContain('silent')
  })

  it('is lost by a voice that writes tags likelier and ranks the right one last', async () => {
    // Three tags, " x" the right one: the base thinks of anything but tags, the voice of tags, and of another one first.
    const logs: Record<string, number[]> = { base: [-12.6, -13.5, -14], mine: [-3, -1, -2.2] }
    const tags = ['xxx', 'yyy', 'zzz']
    const base = fakeBase('fake.gguf', (_prompt, answer, by) => {
      const log = (logs[by === 'mine' ? 'mine' : 'base'] as number[])[tags.indexOf(answer.trim())] as number
      // The example's answer ends as a label does, and has no space before it here.
      return -log / (answer.length + 1)
    })
    const queries = makeQueries(8)
      .filter((_, i) => i % 2 === 0)
      .map((query) => ({ ...query, task: 'tag' as const, answer: 'xxx' }))
    const written = await proofOf({ voice: 0 }, { base, queries })
    expect(written.won).toBe(true)
    const chosen = await proofOf({ voice: 0 }, { base, queries, choices: { tag: tags } })
    expect(chosen.won).toBe(false)
    expect(worseIn(chosen)).toEqual(['tag'])
    const lossOf = ([right = 0, ...others]: number[], voiced: boolean) =>
      Math.log(1 + others.reduce((sum, log) => sum + Math.exp((log - right) / labelTemperature('tag', voiced)), 0))
    expect(chosen.scores.base.nll).toBeCloseTo(lossOf(logs.base as number[], false), 10)
    expect(chosen.scores.voice.nll).toBeCloseTo(lossOf(logs.mine as number[], true), 10)
    expect(chosen.items[0]).toMatchObject({ tokens: 1, choices: 3 })
    expect(chosen.tasks?.[0]?.gain.overBase.mean).toBeCloseTo(chosen.gain.overBase.mean, 10)
  })

  it('holds a task against what stands in for it there', async () => {
    const standIns = { tag: { file: path.join(folder, 'form.gguf') } }
    expect(worseIn(await twoTasks(1, 0.1, { standIns }, 0.3))).toEqual(['tag'])
    expect(worseIn(await twoTasks(1, 0.4, { standIns }, 0.3))).toEqual([])
  })

  it('is not won by a voice that would be silent in every task', async () => {
    const { scores, gain, otherIs, tasks = [] } = await twoTasks(1, 0.5)
    const against = tasks.map((one) => ({ ...one, better: false }))
    expect(judge({ pieces: 8, scores, gain, otherIs, tasks }).won).toBe(true)
    expect(judge({ pieces: 8, scores, gain, otherIs, tasks: against })).toMatchObject({
      won: false,
      verdict: expect.stringContaining('there is no task in which it is clearly better'),
    })
  })

  it.each<[string, Effects, RegExp]>([
    [
      'a gain smaller than chance',
      { voice: 0.03, spread: 0.2, other: -1 },
      /its gain over the base model .* interval is above 0\.01/,
    ],
    ['a loss', { voice: -0.3, other: -1 }, /no likelier than the base model does: −0\.\d+ \(95% interval −/],
    [
      'a certain gain under the margin',
      { voice: 0.008, spread: 0, other: -1 },
      /0\.008 \(95% interval 0\.008 to 0\.008\)/,
    ],
    [
      'a gain that retrieval takes away',
      { voice: 0.5, voiceRetrieved: 0 },
      /^[^.]*: with your earlier writing at hand/,
    ],
    ['a control as good', { voice: 0.5, other: 0.5 }, /its lead over the voice of Jane Doe .* not clear of zero/],
    ['too few pieces', { voice: 0.5, pieces: 2 }, /tried on 2 pieces only, and at least 3 are needed/],
    ['one piece', { voice: 0.5, pieces: 1 }, /tried on 1 piece only/],
  ])('is not won with %s, and says why', async (_case, effects, words) => {
    const proof = await proofOf(effects)
    expect(proof.won).toBe(false)
    expect(proof.verdict).toMatch(/^The voice is kept but not switched on: /)
    expect(proof.verdict).toMatch(words)
  })

  it('names every condition that failed', async () => {
    const { verdict } = await proofOf({ voice: -0.3 })
    expect(verdict.match(/Also, /g)).toHaveLength(2)
  })
})

describe('proof.json', () => {
  it('comes back as it was written, and leaves nothing beside it', async () => {
    const proof = await proofOf({ voice: 0.5 })
    expect(readProof(folder)).toBeNull()
    writeProof(folder, proof)
    expect(readProof(folder)).toEqual(proof)
    const items = proof.items.map((item) => ({ ...item, choices: 3 }))
    writeProof(folder, { ...proof, items })
    expect(readProof(folder)?.items).toEqual(items)
    expect(readdirSync(folder).sort()).toEqual(['form.gguf', 'other.gguf', 'proof.json', 'voice.gguf'])
  })

  it('says what it said, not what its numbers alone would', async () => {
    const proof = ofKnownStart(await proofOf({ voice: 0.5 }), { unknownStart: 'A stranger' })
    writeProof(folder, proof)
    expect(readProof(folder)).toEqual(proof)
    expect(readProof(folder)?.said).toMatchObject({ code: 'proof.lost', values: [[{ code: 'proof.unknownStart' }]] })
    // Early versions wrote no codes, later ones may write others.
    const { said, ...early } = await proofOf({ voice: 0.5 })
    writeProof(folder, early)
    expect(readProof(folder)?.said).toEqual(said)
    writeProof(folder, { ...early, said: { code: 'proof.later', values: [] } as never })
    expect(readProof(folder)?.said).toEqual(said)
  })

  it('is refused by name of file and place when it is not whole', async () => {
    const file = path.join(folder, 'proof.json')
    writeProof(folder, await proofOf({ voice: 0.5, pieces: 1 }))
    expect(readProof(folder)?.pieces).toBe(1)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, text.length / 2))
    expect(() => readProof(folder)).toThrow(`${file} is no JSON`)
    writeFileSync(file, text.replace('"won": ', '"one": '))
    expect(() => readProof(folder)).toThrow(`${file}: won`)
  })
})
