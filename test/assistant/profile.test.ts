import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { countsProfile } from '../../main/assistant/counts-profile.ts'
import {
  longestShared,
  type ProfileRequest,
  sampleOf,
  tidyProfile,
  writeProfile,
} from '../../main/assistant/profile.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, ChatTurn, GenerateOptions } from '../../main/inference/types.ts'
import { decode, fakeBase } from '../evaluation/fake-base.ts'
import { SMOLLM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const answers = (...list: string[]) =>
  list.map((answer, n) => ({ document: `d${n}`, input: `text number ${n}`, answer }))
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ document: `d${n}`, input: `A walk ${n}`, answer: `Harbour note ${n}` }))

/** A base that writes these texts, one a call, and keeps what it was asked. */
function writing(texts: string[], finish: 'end' | 'length' = 'end') {
  const asked: { prompt: string; options: GenerateOptions }[] = []
  const base: Base = {
    ...fakeBase('fake.gguf', () => 1),
    contextSize: 4000,
    modelContext: 4000,
    chatPrompt: (turns: ChatTurn[]) =>
      Int32Array.from(
        turns.map(({ role, text }) => `<${role}>${text}`).join(''),
        (sign) => sign.codePointAt(0) as number,
      ),
    async generate(prompt, options) {
      const text = texts[asked.length] ?? ''
      asked.push({ prompt: decode(prompt), options })
      options.onText?.(text)
      return { text, tokens: text.length, meanLogProbability: -1, finish }
    },
  }
  return { base, asked }
}
const write = (base: Base, more: Partial<ProfileRequest> = {}) =>
  writeProfile({ base, task: 'headline', history: many(40), seed: 3, ...more })

describe('a profile by counts', () => {
  it('ranks tags by use', () => {
    const text = countsProfile('tag', answers('sea', 'sea', 'ropes', 'sea', 'open data, old'))
    expect(text).toBe('Usual tags: sea (60%), open data, old (20%), ropes (20%).')
    const rare = countsProfile('tag', answers(...Array.from({ length: 30 }, (_, n) => `t${n}`)))
    expect(rare).toMatch(/, and 18 more\.$/)
  })

  it('gives the scores, their mean and their range', () => {
    expect(countsProfile('rate', answers('4', '4', '5', '2'))).toBe(
      'Usual scores: 4 (50%), 2 (25%), 5 (25%). Mean 3.8, lowest 2, highest 5.',
    )
  })

  it('tells how titles are built', () => {
    const text = countsProfile(
      'headline',
      answers(
        'The Data Briefing: Open Ships',
        'The Data Briefing: Open Ropes',
        'The Data Briefing: Closed Ships',
        'Why?',
      ),
    )
    expect(text).toContain('Titles of about 5 words, from 1 to 5.')
    expect(text).toContain('Often with a colon (75%), a question mark (25%).')
    expect(text).toContain('Main words are capitalised.')
    expect(text).toContain('Often begin: “The Data Briefing:”.')
    expect(text).toMatch(/Often used: .*ships/)
    expect(countsProfile('headline', answers('a plain line of words', 'another plain line'))).toContain(
      'Only first words',
    )
  })

  it('tells how prose is built', () => {
    const text = countsProfile('prose', answers('He went; he came, and sat. Did he?', 'One, two; three.'))
    expect(text).toMatch(/^Sentences of about \d+ words\. In a sentence: .*commas \(0\.7\).*semicolons \(0\.7\)/)
  })

  it('reads long texts as fast as short ones', { timeout: 20_000 }, () => {
    const input = 'The harbour was quiet, and the captain’s ferry lay at the pier. '.repeat(2000)
    const history = answers('Old ropes', 'New ropes', 'Ropes').map((entry) => ({ ...entry, input }))
    expect(countsProfile('headline', history)).toContain('Often used: ropes.')
  })

  it('reads other scripts, one item, and none', () => {
    expect(countsProfile('headline', answers('港の朝：船と綱', '港の夜：船と月'))).toMatch(/a colon \(100%\)/)
    expect(countsProfile('headline', answers('قارب في الميناء؟'))).toMatch(/about 3 words\. Often with a question mark/)
    expect(countsProfile('tag', answers('  '))).toBe('')
    for (const task of ['headline', 'tag', 'rate', 'prose'] as const) {
      expect(countsProfile(task, [])).toBe('')
      expect(countsProfile(task, answers('4'))).not.toMatch(/NaN|undefined|Infinity/)
    }
  })
})

describe('the sample', () => {
  it('takes one entry of each tenth of the history, by seed', () => {
    const history = Array.from({ length: 95 }, (_, n) => n)
    const sample = sampleOf(history, 'a')
    expect(sample.map((n) => Math.floor((n * 10 + 9.5) / 95))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(sampleOf(history, 'a')).toEqual(sample)
    expect(sampleOf(history, 'b')).not.toEqual(sample)
    expect(sampleOf([1, 2], 'a')).toEqual([1, 2])
  })
})

describe('what the base wrote', () => {
  it('becomes one paragraph of whole sentences, none twice', () => {
    const text = 'Here it is:\n1. **Short** titles.\n- About ships.\n\nAbout ships. And about ro'
    expect(tidyProfile(text, true)).toBe('Short titles. About ships.')
    expect(tidyProfile(text, false)).toBe('Short titles. About ships. And about ro')
    expect(tidyProfile('', true)).toBe('')
  })

  it('is measured by the longest run of words that it shares', () => {
    const terms = ['a', 'walk', 'by', 'the', 'sea']
    expect(longestShared(terms, ['the walk by the river', 'By the Sea!'])).toBe(3)
    expect(longestShared(terms, ['nothing', ''])).toBe(0)
    // Whole words alone.
    expect(longestShared(['the', 'sea'], ['the seaside'])).toBe(1)
  })
})

describe('a profile by the base', () => {
  it('is asked for with ten entries, low temperature and a bound, and begins as it was begun', async () => {
    const { base, asked } = writing([' ropes, ships and their keepers.'])
    const profile = await write(base)
    expect(profile.by).toBe('model')
    expect(profile.text).toMatch(/ ropes, ships and their keepers\.$/)
    expect(profile.sample).toHaveLength(10)
    expect(asked).toHaveLength(1)
    const { prompt, options } = asked[0]!
    for (const id of profile.sample) expect(prompt).toContain(`Harbour note ${id.slice(1)}`)
    expect(prompt.endsWith(profile.text.slice(0, -' ropes, ships and their keepers.'.length))).toBe(true)
    expect(options.maxTokens).toBe(96)
    expect(options.temperature).toBeLessThanOrEqual(0.1)
  })

  test.each([
    ['empty', ['', ' \n']],
    ['a loop', [' ships on the sea and ships on the sea and ships on the sea and more.']],
    ['copied', [' Harbour note 0, which is a title.']],
  ])('%s: another seed, then counts', async (_, [first = '', second = first]) => {
    const { base, asked } = writing([first, second, first])
    const history = answers('Harbour note 0', 'Harbour tale')
    const profile = await write(base, { history })
    expect(profile).toEqual({ text: countsProfile('headline', history), sample: ['d0', 'd1'], by: 'counts' })
    expect(new Set(asked.map(({ options }) => options.seed)).size).toBe(3)
  })

  it('is taken from a later try', async () => {
    const { base, asked } = writing(['', ' ropes, ships and their keepers.'])
    const heard: number[] = []
    const profile = await write(base, { onText: (index) => heard.push(index) })
    expect(profile).toMatchObject({ by: 'model', text: expect.stringMatching(/keepers\.$/) })
    expect([asked.length, heard]).toEqual([2, [0, 1]])
  })

  it('drops a sentence that the bound broke off', async () => {
    const { base } = writing([' ropes, ships and keepers. They are of'], 'length')
    expect((await write(base)).text).toMatch(/keepers\.$/)
  })

  it('leaves out old entries where the context is short', async () => {
    const { base, asked } = writing([' ropes, ships and their keepers.'])
    const short: Base = { ...base, contextSize: 600 }
    const profile = await write(short)
    expect(asked[0]!.prompt.length).toBeLessThanOrEqual(600 - 96)
    expect(asked[0]!.prompt).toContain(`Harbour note ${profile.sample.at(-1)?.slice(1)}`)
  })

  it('is not asked for by counts, nor of an empty history', async () => {
    const { base, asked } = writing(['never'])
    const counted = await write(base, { by: 'counts' })
    expect(counted).toMatchObject({ by: 'counts', text: expect.stringContaining('Titles of about 3 words') })
    expect(counted.sample).toHaveLength(40)
    expect(await write(base, { history: [] })).toEqual({ text: '', sample: [], by: 'counts' })
    expect(asked).toHaveLength(0)
  })

  it('stops at its signal', async () => {
    const controller = new AbortController()
    const { base } = writing([' ropes, ships and their keepers.'])
    const onText = () => controller.abort(new Error('enough'))
    await expect(write(base, { signal: controller.signal, onText })).rejects.toThrow('enough')
  })

  it('repeats by its seed, whatever a base of random weights writes', async () => {
    const file = path.join(temporaryFolder(), 'tiny.gguf')
    writeTinyModel(file, { context: 1024, vocabulary: 400 })
    const base = await openBase(file, { threads: 1 })
    const entries = many(12).map((entry) => ({ ...entry, answer: `${entry.answer} صفحة 港` }))
    const first = await write(base, { history: entries })
    expect(first.text).not.toBe('')
    expect(await write(base, { history: entries })).toEqual(first)
    await base.dispose()
  })
})

describe.skipIf(!SMOLLM)('the starter model', () => {
  it('writes sentences about the entries, none of them copied', { timeout: 120_000 }, async () => {
    const base = await openBase(String(SMOLLM), { threads: 1 })
    const history = ['the harbour', 'old ropes', 'a ferry', 'the lighthouse', 'storms', 'tides'].map((about, n) => ({
      document: `d${n}`,
      input: '',
      answer: `I sat by ${about} for an hour and wrote down what I saw; little happened, and all of it slowly.`,
    }))
    const profile = await writeProfile({ base, task: 'prose', history })
    expect(profile.by).toBe('model')
    expect(base.tokenize(profile.text).length).toBeLessThanOrEqual(100)
    expect(profile.text).toMatch(/^This author writes .*[.!?]["”]?$/)
    await base.dispose()
  })
})
