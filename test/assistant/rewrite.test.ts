import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REWRITE_TRIES, type RewriteRequest, rewriteText } from '../../main/assistant/rewrite.ts'
import { partsOf, wholePart } from '../../main/assistant/rewrite-parts.ts'
import { createTidyStream, tidied, toSentence } from '../../main/assistant/rewrite-tidy.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, Generated, GenerateOptions } from '../../main/inference/types.ts'
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

/** The real base's tokens, and answers from a list in place of generation, chunk by chunk as long as nobody stops it. */
function scripted(answers: string[]): { base: Base; asked: { prompt: string; options: GenerateOptions }[] } {
  const asked: { prompt: string; options: GenerateOptions }[] = []
  const generate = async (prompt: Int32Array, options: GenerateOptions): Promise<Generated> => {
    const answer = answers[asked.length] ?? ''
    asked.push({ prompt: base.detokenize(prompt), options })
    let text = ''
    for (const chunk of answer.match(/\s*\S+|\s+$/g) ?? []) {
      if (options.signal?.aborted) return { text, tokens: 1, meanLogProbability: -1, finish: 'aborted' }
      text += chunk
      options.onText?.(chunk)
    }
    return { text, tokens: 3, meanLogProbability: -1, finish: answer.endsWith('…') ? 'length' : 'end' }
  }
  return { base: { ...base, generate }, asked }
}

const FERRY =
  'The ferry was late again on Monday, and nobody who stood on the pier was surprised, since the captain had stopped saying sorry in May.'
const SHORT =
  'The ferry was late again on Monday. Nobody on the pier was surprised: the captain stopped saying sorry in May.'

const PASSAGE = { title: 'A', text: 'The quay was wet. '.repeat(20) }

function rewrite(answers: string[], more: Partial<RewriteRequest> = {}) {
  const { base: over, asked } = scripted(answers)
  const shown = new Map<number, string>()
  const done = rewriteText({
    base: over,
    text: FERRY,
    how: 'shorter',
    passages: [],
    onText: (index, text) => shown.set(index, (shown.get(index) ?? '') + text),
    ...more,
  })
  return { done, asked, shown }
}

describe('a rewrite', () => {
  it('is taken without what a model puts around it, and streams as it will stand', async () => {
    const { done, asked, shown } = rewrite([`Here is a shorter version:\n\n"${SHORT}"\n\nI hope this helps! Note that`])
    expect((await done).text).toBe(SHORT)
    expect([...shown]).toEqual([[0, SHORT]])
    // The remark after it was not waited for.
    expect(asked).toHaveLength(1)
    expect(asked[0]?.options.signal?.aborted).toBe(true)
    expect(asked[0]?.prompt).toContain('Make this text shorter')
    expect(asked[0]?.prompt).toContain('mislaid the only key')
  })

  it('keeps white space and marks at the ends of the selection', async () => {
    const selection = `\n\n- [ ] ${FERRY}\n  > ${FERRY}\n\n\n`
    const { done, asked } = rewrite([SHORT, SHORT], { text: selection })
    expect((await done).text).toBe(`\n\n- [ ] ${SHORT}\n  > ${SHORT}\n\n\n`)
    expect(asked.some(({ prompt }) => prompt.includes('- [ ]') || prompt.includes('  > '))).toBe(false)
  })

  it.each([
    ['the same text', FERRY],
    ['nothing', '   '],
    ['a longer text', `${FERRY} ${FERRY}`],
    [
      'a refusal',
      "I'm sorry, but as a text-based AI, the ferry was late again on Monday and I can't help with the pier.",
    ],
    [
      'the example',
      'The meeting began half an hour late: the ferry was late again on Monday, the pier, the captain, sorry in May.',
    ],
    ['something else', 'A wolf went through a dark wood.'],
    [
      'a loop',
      'The ferry was late on Monday. The ferry was late on Monday. The ferry was late on Monday. The ferry was late.',
    ],
  ])('is tried anew where the model gives back %s', async (_, bad) => {
    const { done, asked, shown } = rewrite([bad, SHORT])
    expect((await done).text).toBe(SHORT)
    expect(asked).toHaveLength(2)
    expect(asked[1]?.options.seed).not.toBe(asked[0]?.options.seed)
    expect(shown.get(1)).toBe(SHORT)
  })

  it('is refused in words when no try is any good', async () => {
    const { done, asked } = rewrite([])
    await expect(done).rejects.toMatchObject({ name: 'NoRewrite', message: expect.stringContaining('nothing shorter') })
    expect(asked).toHaveLength(REWRITE_TRIES)
  })

  it('goes paragraph by paragraph; headings, code and what cannot be bettered stay', async () => {
    const text = `# The ferry\n\n${FERRY}\n\n\`\`\`\nlate = true\n\nend\n\`\`\`\n\nA single stubborn line about the old pier.`
    const { done, asked, shown } = rewrite([SHORT], { text })
    const expected = text.replace(FERRY, SHORT)
    expect((await done).text).toBe(expected)
    expect(asked).toHaveLength(1 + REWRITE_TRIES)
    // The last beginning anew shows the whole as it will stand.
    expect(shown.get(Math.max(...shown.keys()))).toBe(expected)
  })

  it('stops at once and keeps what stands', async () => {
    const controller = new AbortController()
    const { done } = rewrite([`${SHORT} And more. And more still.`], {
      how: 'warmer',
      signal: controller.signal,
      onText: () => controller.abort(),
    })
    const { text, finish } = await done
    expect(finish).toBe('aborted')
    expect(SHORT.startsWith(text)).toBe(true)
  })

  it('is tried anew where there was no more room: its paragraph would lose its end', async () => {
    const broken = 'The ferry was late again on Monday. Nobody who stood on the pier was so very surpri …'
    for (const how of ['shorter', 'plainer', 'warmer', 'mine'] as const) {
      const { done, asked } = rewrite([broken, SHORT], { how })
      expect(await done).toEqual({ text: SHORT, finish: 'end' })
      expect(asked).toHaveLength(2)
    }
    await expect(rewrite(Array(REWRITE_TRIES).fill(broken)).done).rejects.toMatchObject({ name: 'NoRewrite' })
    // Beside another paragraph it stays as it is.
    const { done } = rewrite([SHORT, ...Array(REWRITE_TRIES).fill(broken)], { text: `${FERRY}\n\n${FERRY}` })
    expect(await done).toEqual({ text: `${SHORT}\n\n${FERRY}`, finish: 'end' })
  })

  it('takes a longer text where a shorter answer is asked for', async () => {
    const text = `${FERRY} `.repeat(9)
    const length = base.tokenize(text).length
    const { done: whole } = rewrite([SHORT], { how: 'ask', ask: 'Sum it up', text })
    await expect(whole).rejects.toMatchObject({ name: 'SelectionTooLong' })
    const { done, asked } = rewrite([SHORT], { how: 'ask', ask: 'Sum it up', text, maxTokens: 60 })
    expect((await done).text.trim()).toBe(SHORT)
    expect(asked[0]?.options.maxTokens).toBe(60)
    const { done: none } = rewrite([SHORT], { how: 'ask', ask: 'Sum it up', text, maxTokens: 1024 - length })
    await expect(none).rejects.toThrow(/at most \d{3} are/)
  })

  it('of the whole selection says so where there was no more room', async () => {
    const answer = 'A list of what was late: the ferry, the captain …'
    const { done, asked } = rewrite([answer], { how: 'ask', ask: 'Make a list' })
    expect(await done).toEqual({ text: answer, finish: 'length' })
    expect(asked).toHaveLength(1)
  })

  it.each(['ask', 'shorter', 'plainer', 'warmer', 'mine'] as const)(
    'is refused before anything is asked where text and answer do not fit the context: %s',
    async (how) => {
      // One word without an end, so that it cannot be cut into parts.
      const text = how === 'ask' ? `${FERRY} `.repeat(40) : 'ferry'.repeat(300)
      const length = base.tokenize(text.trim()).length
      expect(length).toBeGreaterThan(base.contextSize / 2)
      const { done, asked } = rewrite([SHORT], { how, ask: 'Correct the spelling', text })
      const error = await done.then(
        () => null,
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ name: 'SelectionTooLong', next: expect.stringContaining('Select less') })
      expect(asked).toEqual([])
      const [counted, most] = /has (\d+) tokens, and at most (\d+) are/.exec(error?.message ?? '')?.slice(1) ?? []
      expect(Number(counted)).toBe(length)
      // As many as were promised are taken, and all of them are read.
      const ids = base.tokenize(text.trim())
      const fits = base.detokenize(ids.subarray(0, Number(most) - 2)).trim()
      const second = rewrite([SHORT], { how, ask: 'Correct the spelling', text: fits, passages: [PASSAGE] })
      await second.done.catch(() => {})
      expect(second.asked.length).toBeGreaterThan(0)
      for (const { prompt, options } of second.asked) {
        expect(prompt).toContain(fits)
        expect(prompt).not.toContain(PASSAGE.text.slice(0, 20))
        expect(options.maxTokens).toBeGreaterThanOrEqual(base.tokenize(fits).length)
        expect(base.tokenize(prompt, true).length + options.maxTokens).toBeLessThanOrEqual(base.contextSize)
      }
    },
  )

  it('asks what was asked, of the whole selection, and shows what stands around', async () => {
    const { done, asked } = rewrite(['- ferry\n\n- pier'], {
      how: 'ask',
      ask: 'Make a list of the things',
      text: `${FERRY}\n\n${FERRY} `,
      before: 'Earlier that week.',
      after: 'Later that day.',
    })
    expect((await done).text).toBe('- ferry\n\n- pier ')
    expect(asked[0]?.prompt).toMatch(
      /Earlier that week\. \[the text\] Later that day\.[\s\S]*Make a list of the things/,
    )
  })

  it('shows passages of the owner', async () => {
    const passages = [PASSAGE, { title: 'B', text: 'The gull was loud. '.repeat(20) }]
    const { done, asked } = rewrite([SHORT], { how: 'mine', passages, profile: 'Writes short sentences.' })
    await done
    expect(asked[0]?.prompt).toMatch(/Writes short sentences[\s\S]*The quay was wet/)
  })
})

describe('parts of a selection', () => {
  const texts = [
    '',
    ' ',
    '\n\n',
    FERRY,
    `  ${FERRY}  \n`,
    `one\ntwo\n\nthree`,
    '1. one\n2. two\n   - three\n\n> four\n> five',
    '```js\na\n\nb\n```\nafter',
    '```\nnever closed\n\n',
    '# Head\ntext\n---\n| a | b |\n|---|---|\n![x](y)\n',
    'שלום\n\n🌊 emoji\r\n\r\nend',
    `${FERRY} `.repeat(30),
  ]
  it.each(texts)('joined are the selection: %.40j', (text) => {
    // A line broken by hand is joined with a space; nothing else may change.
    const joined = partsOf(base, text, 60)
      .map(({ before, text: part }) => before + part)
      .join('')
    expect(joined.replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '))
    if (!/[^\n>]\n[a-z>]/.test(text)) expect(joined).toBe(text)
    expect(
      wholePart(text)
        .map(({ before, text: part }) => before + part)
        .join(''),
    ).toBe(text)
  })

  it('of scripts without spaces are joined without one', () => {
    expect(partsOf(base, '港の朝は静かで、\n船が並んでいた。\n誰もいない。', 400).map(({ text }) => text)).toEqual([
      '港の朝は静かで、船が並んでいた。誰もいない。',
    ])
    expect(partsOf(base, 'A line\n港', 400).map(({ text }) => text)).toEqual(['A line 港'])
  })

  it.each([
    ['English', 'the ferry and the pier and the captain and the fog '.repeat(30)],
    ['Thai', 'วันนี้ฉันไปที่ท่าเรือและเห็นเรือเก่าลำหนึ่งจอดอยู่ที่นั่น'.repeat(12)],
  ])('are cut between words where a sentence is too long: %s', (_script, text) => {
    const parts = partsOf(base, text.trim(), 200)
    expect(parts.length).toBeGreaterThan(3)
    for (const part of parts) expect(base.tokenize(part.text).length).toBeLessThan(260)
    expect(parts.map(({ before, text: part }) => before + part).join('')).toBe(text.trim())
  })

  it('are cut between sentences where they are long', () => {
    const parts = partsOf(base, `${FERRY} `.repeat(30), 200)
    expect(parts.length).toBeGreaterThan(3)
    for (const { text } of parts) expect(text === '' || text.endsWith('May.')).toBe(true)
  })
})

describe('tidying', () => {
  it.each([
    ['Sure! Here is the rewritten text:\n\nThe tide turned.', 'The tide turned.'],
    ['Shorter text: The tide turned.', 'The tide turned.'],
    ['**Rewritten version:** The tide turned.', 'The tide turned.'],
    ['“The tide turned.”', 'The tide turned.'],
    ['“The tide turned.', 'The tide turned.'],
    ['"Yes," she said, "the tide turned."', '"Yes," she said, "the tide turned."'],
    ['The tide turned.\n\nLet me know if you need more.', 'The tide turned.'],
    ['Here is where the tide turned.', 'Here is where the tide turned.'],
    ['The new pier: a report.', 'The new pier: a report.'],
  ])('%j is %j', (answer, expected) => {
    expect(tidied(answer, 'The tide, it turned.')).toBe(expected)
  })

  it('leaves quotes that the text itself has', () => {
    expect(tidied('“The tide turned.”', '“It turned.”')).toBe('“The tide turned.”')
  })

  it('cuts to a sentence, in any script', () => {
    expect(toSentence('It was late. Nobody was')).toBe('It was late.')
    expect(toSentence('no end at all')).toBe('no end at all')
    expect(toSentence('He said “go.” And th')).toBe('He said “go.”')
    expect(toSentence('潮が満ちた。 そして')).toBe('潮が満ちた。')
    expect(toSentence('朝だ。\n\n潮が満ちた。「船だ。」そして')).toBe('朝だ。\n\n潮が満ちた。「船だ。」')
    expect(toSentence('کشتی دیر سے آئی۔ اور')).toBe('کشتی دیر سے آئی۔')
  })

  it('shows a text without spaces as it is written', () => {
    let shown = ''
    const given = '船はまた遅れた。'
    const stream = createTidyStream(given, { paragraphs: false, onText: (text) => (shown += text), onEnough: () => {} })
    for (const character of '港の朝は静かで、船が並んでいた。'.repeat(8)) stream.push(character)
    expect(shown.length).toBeGreaterThan(60)
  })

  it('never shows what it takes back', () => {
    for (const answer of [`"${SHORT}"`, `Certainly! Here you go:\n\n${SHORT}\n\nBye`, SHORT, 'Hi.']) {
      let shown = ''
      const stream = createTidyStream(FERRY, {
        paragraphs: false,
        onText: (text) => (shown += text),
        onEnough: () => {},
      })
      for (const character of answer) stream.push(character)
      stream.end()
      expect(shown).toBe(tidied(answer, FERRY))
    }
  })
})
