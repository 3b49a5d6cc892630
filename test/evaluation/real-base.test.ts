/** The proof and the LaMP run on a real runtime: a tiny model with random weights, and voices of random weights. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProof } from '../../main/evaluation/proof.ts'
import { labelTemperature } from '../../main/examples/labels.ts'
import { createPromptBuilder } from '../../main/examples/prompt.ts'
import type { RetrievedPair, TaskQuery } from '../../main/examples/types.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base } from '../../main/inference/types.ts'
import { runLamp } from '../../main/lamp/run.ts'
import type { LampFile } from '../../main/lamp/types.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'tiny.gguf')
const voiceFile = path.join(folder, 'voice.gguf')
const otherFile = path.join(folder, 'other.gguf')
let base: Base

const writeVoice = (to: string, seed: number) =>
  randomVoice(to, file, { seed, rank: 2, alpha: 2, targets: { attn_output: 'o' }, deviation: 0.5 })

beforeAll(async () => {
  writeTinyModel(file, { context: 512, seed: 3 })
  writeVoice(voiceFile, 1)
  writeVoice(otherFile, 2)
  base = await openBase(file, { threads: 1 })
})
afterAll(() => base?.dispose())

const queries: TaskQuery[] = ['gulls', 'tides', 'lamps', 'clocks'].map((word, i) => ({
  task: 'headline',
  document: `piece ${i}`,
  title: `On ${word}`,
  date: `2024-01-0${i + 1}`,
  input: `Some notes about ${word} in winter.`,
  answer: `On ${word}`,
}))
const earlier: RetrievedPair = { document: 'earlier', input: 'Some notes about ropes.', answer: 'On ropes' }
const prompt = { maxInput: 40, maxRetrieved: 20, maxTokens: 512 }

/** NLL from whole rows of logits, by a softmax of its own: another way than `score` goes. */
async function nllOf({ tokens, answerFrom }: TokenExample, voice: string | null): Promise<number> {
  const positions = Array.from({ length: tokens.length - answerFrom }, (_, i) => answerFrom - 1 + i)
  const rows = await base.logits(tokens, positions, voice === null ? null : { file: voice, scale: 1 })
  return rows.reduce((sum, row, i) => {
    const highest = Math.max(...row)
    const total = row.reduce((all, logit) => all + Math.exp(logit - highest), 0)
    return sum + highest + Math.log(total) - (row[tokens[answerFrom + i] as number] as number)
  }, 0)
}

describe('a proof by the runtime', () => {
  const prove = (files: { voiceFile: string; otherFile: string }) =>
    runProof({
      base,
      baseId: 'tiny',
      run: 'run',
      voice: 'voice',
      queries,
      builder: createPromptBuilder(base),
      prompt,
      ...files,
      otherIs: 'a voice of random numbers',
      retrieve: async () => [earlier],
      seed: 1,
    })

  it('gives each arm the likelihood of its own prompt and voice', async () => {
    const proof = await prove({ voiceFile, otherFile })
    const builder = createPromptBuilder(base)
    for (const [i, query] of queries.entries()) {
      const item = proof.items[i]
      const plain = builder.example(query, [], prompt)
      const retrieved = builder.example(query, [earlier], prompt)
      const tokens = plain.tokens.length - plain.answerFrom
      expect(item?.tokens).toBe(tokens)
      expect(item?.base).toBeCloseTo((await nllOf(plain, null)) / tokens, 3)
      expect(item?.voice).toBeCloseTo((await nllOf(plain, voiceFile)) / tokens, 3)
      expect(item?.other).toBeCloseTo((await nllOf(plain, otherFile)) / tokens, 3)
      expect(item?.baseWithRetrieval).toBeCloseTo((await nllOf(retrieved, null)) / tokens, 3)
      expect(item?.voiceWithRetrieval).toBeCloseTo((await nllOf(retrieved, voiceFile)) / tokens, 3)
      expect(item?.otherWithRetrieval).toBeCloseTo((await nllOf(retrieved, otherFile)) / tokens, 3)
      // The voices are felt, so the agreement above is no accident of equal numbers.
      const { base: without = 0, voice = 0, other = 0 } = item ?? {}
      for (const [a, b] of [
        [without, voice],
        [without, other],
        [voice, other],
      ] as const) {
        expect(Math.abs(a - b)).toBeGreaterThan(0.005)
      }
    }
  })

  it('counts a tag by the share that the runtime gives it among all tags', async () => {
    const tags = ['sea', 'On tides', 'On gulls']
    const proof = await runProof({
      base,
      baseId: 'tiny',
      run: 'run',
      voice: 'voice',
      queries: queries.map((query) => ({ ...query, task: 'tag' as const })),
      builder: createPromptBuilder(base),
      prompt,
      choices: { tag: tags },
      voiceFile,
      otherFile,
      otherIs: 'a voice of random numbers',
      retrieve: async () => [earlier],
      seed: 1,
    })
    const builder = createPromptBuilder(base)
    for (const [i, one] of queries.entries()) {
      const labels = tags.includes(one.answer) ? tags : [...tags, one.answer]
      for (const [arm, file] of [
        ['base', null],
        ['voiceWithRetrieval', voiceFile],
      ] as const) {
        const pairs = arm === 'base' ? [] : [earlier]
        const losses = await Promise.all(
          labels.map((answer) => nllOf(builder.example({ ...one, task: 'tag', answer }, pairs, prompt), file)),
        )
        const temperature = labelTemperature('tag', file !== null)
        const weights = losses.map((loss) => Math.exp(-loss / temperature))
        const share = (weights[labels.indexOf(one.answer)] as number) / weights.reduce((sum, weight) => sum + weight, 0)
        expect(proof.items[i]?.[arm]).toBeCloseTo(-Math.log(share), 3)
      }
      expect(proof.items[i]).toMatchObject({ tokens: 1, choices: labels.length })
    }
  })

  it('is not won over itself', async () => {
    const proof = await prove({ voiceFile, otherFile: voiceFile })
    expect(proof.gain.overOther).toEqual({ mean: 0, low: 0, high: 0 })
    expect(proof.won).toBe(false)
    expect(proof.verdict).toContain('its lead over a voice of random numbers is 0.000')
  })
})

describe('a LaMP run by the runtime', () => {
  const lamp: LampFile = {
    file: 'made.json',
    task: 'headline',
    notes: [],
    users: ['ann', 'bob'].map((id) => ({
      id,
      task: 'headline',
      profile: [{ id: `${id} 0`, text: 'Some notes about ropes.', title: 'On ropes', answer: 'On ropes', date: null }],
      queries: queries.map(({ document, input, answer }) => ({ id: document, input, gold: answer, date: null })),
    })),
  }

  it('scores as the runtime does, and the other way round for the other', async () => {
    const { users } = await runLamp({
      base,
      file: lamp,
      builder: createPromptBuilder(base),
      out: path.join(folder, 'out'),
      queries: 2,
      maxInput: 40,
      generate: true,
      train: async (_examples, _validation, _settings, runFolder, { user }) => {
        const written = path.join(runFolder, '..', 'voice.gguf')
        writeVoice(written, user === 'ann' ? 1 : 2)
        const facts = { steps: 1, tokens: 1, seconds: 1, tokensPerSecond: 1, peakMemoryBytes: 1, finalLoss: 1 }
        return { voiceFile: written, ...facts, bestValidation: null }
      },
    })
    const builder = createPromptBuilder(base)
    const mean = async (voice: string | null, pairs: RetrievedPair[]) => {
      const examples = queries
        .slice(0, 2)
        .map((query) => builder.example(query, pairs, { ...prompt, maxRetrieved: 40 }))
      let sum = 0
      for (const example of examples) sum += await nllOf(example, voice)
      return sum / examples.reduce((all, { tokens, answerFrom }) => all + tokens.length - answerFrom, 0)
    }
    const { ann, bob } = users
    expect(ann?.methods.base?.nll).toBeCloseTo(await mean(null, []), 3)
    expect(ann?.methods.retrieval?.nll).toBeCloseTo(await mean(null, [earlier]), 3)
    expect(ann?.methods.voice?.nll).toBeCloseTo(await mean(voiceFile, []), 3)
    expect(ann?.methods['voice+retrieval']?.nll).toBeCloseTo(await mean(voiceFile, [earlier]), 3)
    expect(ann?.methods.other?.nll).toBeCloseTo(await mean(otherFile, []), 3)
    expect(bob?.methods.other?.nll).toBe(ann?.methods.voice?.nll)
    expect(bob?.methods.base?.texts?.map(({ text: written }) => written.includes('\n'))).toEqual([false, false])
  })
})
