import { describe, expect, it } from 'vitest'
import type { TaskName } from '../../main/examples/types.ts'
import { type CleanOptions, cleanUser, type RawItem, type RawQuery, type RawUser } from '../../main/lamp/clean.ts'
import { isoDate } from '../../main/lamp/date.ts'
import { lampExamples, lampHistory, lampQueries, lampRetrieval, lampSearch } from '../../main/lamp/examples.ts'
import { createPieces } from '../../main/lamp/same-piece.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import { seeded } from '../../main/random.ts'
import { decode, fakeBuilder } from '../evaluation/fake-base.ts'

const item = (id: string, more: Partial<RawItem> = {}): RawItem => {
  const text = more.text === undefined ? `text ${id}` : more.text
  const answer = more.answer ?? `title ${id}`
  return { id, text, body: text ?? answer, title: '', answer, date: '2024-01-01', ...more }
}
const query = (id: string, more: Partial<RawQuery> = {}): RawQuery => {
  const input = more.input ?? `input ${id}`
  return { id, input, piece: input, gold: `gold ${id}`, date: '2025-01-01', ...more }
}

function clean(raw: Partial<RawUser>, task: TaskName = 'headline', more: Partial<CleanOptions> = {}) {
  const notes: string[] = []
  const whole = { id: 'ann', profile: [], queries: [], ...raw }
  const user = cleanUser(whole, { task, sharedIds: true, ...more }, (note) => notes.push(note))
  return { user, notes, ids: user.profile.map(({ id }) => id), asked: user.queries.map(({ id }) => id) }
}

describe('bad input', () => {
  it('one item, or none', () => {
    expect(clean({ profile: [item('a')] }).notes).toEqual(['its history is one item'])
    expect(clean({ profile: [item('a')] }, 'prose').notes).toEqual(['its history is one item, which makes no example'])
    expect(clean({}).notes).toEqual(['nothing is left of its history'])
  })

  it('no dates, or dates that are none: the order of the file', () => {
    const { ids, notes } = clean({ profile: [item('b', { date: null }), item('a')] })
    expect(ids).toEqual(['b', 'a'])
    expect(notes).toEqual(['1 of 2 items of the history have no date; the order of the file is taken for time'])
    expect(isoDate('soon')).toBeNull()
    expect(isoDate(null)).toBeNull()
    expect(isoDate({})).toBeNull()
  })

  it.each([
    ['2014-01-01', '2014-01-01'],
    ['2014-1-5', '2014-01-05'],
    [2014, '2014-01-01'],
    [20140105, '2014-01-05'],
    [1388880000, '2014-01-05T00:00:00.000Z'],
    ['1388880000000', '2014-01-05T00:00:00.000Z'],
    ['2014-01-05T23:30:00-05:00', '2014-01-06T04:30:00.000Z'],
    ['2014-01-05 01:00+0200', '2014-01-04T23:00:00.000Z'],
    ['2014-01-05T09:00:00Z', '2014-01-05T09:00:00.000Z'],
    ['2014-01-05 09:00', '2014-01-05T09:00:00'],
  ])('the date %j is %s', (value, date) => {
    expect(isoDate(value)).toBe(date)
  })

  it('the same text twice: once, unless the answers differ', () => {
    const same = { text: 'The  SAME text', answer: 'one' }
    const profile = [
      item('a', { ...same, text: 'the same text' }),
      item('b', same),
      item('c', { ...same, answer: 'two' }),
    ]
    const { ids, notes } = clean({ profile })
    expect(ids).toEqual(['a', 'c'])
    expect(notes).toEqual([
      '1 item (b) of the history with the text and answer of an earlier one set aside',
      '1 item (c) of the history with the text of an earlier one and another answer: kept',
    ])
    const again = clean({
      profile: [item('a'), item('b')],
      queries: [query('q', { input: 'X' }), query('r', { input: 'x' })],
    })
    expect(again.asked).toEqual(['q', 'r'])
    expect(again.notes).toEqual(['1 query (r) with the input of an earlier one: asked again'])
  })

  it('the same id twice: the first; in the history and asked: not asked', () => {
    const profile = [item('a'), item('a', { text: 'other' }), item('b')]
    const queries = [query('q'), query('q', { input: 'other' }), query('a')]
    const { ids, asked, notes } = clean({ profile, queries })
    expect(ids).toEqual(['a', 'b'])
    expect(asked).toEqual(['q'])
    expect(notes).toEqual([
      '1 item (a) of the history with an id used before set aside',
      '2 queries (q, a) with an id used before set aside',
    ])
    // LaMP numbers questions and items apart: there the same number says nothing.
    expect(clean({ profile, queries: [query('a')] }, 'headline', { sharedIds: false }).asked).toEqual(['a'])
  })

  it('empty texts and answers', () => {
    const profile = [
      item('a'),
      item('b', { text: '\n' }),
      item('c', { answer: '' }),
      item('d', { text: null }),
      item('e'),
    ]
    const { ids, notes } = clean({ profile, queries: [query('q', { input: '' }), query('r', { gold: ' ' })] })
    expect(ids).toEqual(['a', 'd', 'e'])
    expect(notes).toEqual([
      '2 items (b, c) of the history without text or title set aside',
      '2 queries (q, r) without input or gold set aside',
    ])
  })

  it('scores out of range', () => {
    const scores = ['1', '5', '0', '6', '4.5', 'good', '-3']
    const { user, notes } = clean(
      {
        profile: scores.map((answer, i) => item(`s${i}`, { answer })),
        queries: [query('q', { gold: '3' }), query('r', { gold: '11' })],
      },
      'rate',
    )
    expect(user.profile.map(({ answer }) => answer)).toEqual(['1', '5'])
    expect(user.queries.map(({ gold }) => gold)).toEqual(['3'])
    expect(notes).toEqual([
      '5 items (s2, s3, s4, …) of the history with a score that is not 1, 2, 3, 4 or 5 set aside',
      '1 query (r) with a score that is not 1, 2, 3, 4 or 5 set aside',
    ])
  })

  it('tags with commas stay whole, spaces around tags go', () => {
    const profile = [item('a', { answer: 'salt, sea' }), item('b', { answer: ' tea ' })]
    const { user, notes } = clean(
      { labels: ['salt, sea', 'tea', 'tea '], profile, queries: [query('q', { gold: 'tea', golds: ['salt, sea'] })] },
      'tag',
    )
    expect(user.profile.map(({ answer }) => answer)).toEqual(['salt, sea', 'tea'])
    expect(user.labels).toEqual(['salt, sea', 'tea'])
    expect(user.queries[0]?.golds).toEqual(['tea', 'salt, sea'])
    expect(notes).toEqual(['1 tag with a comma kept whole: "salt, sea"'])
  })

  it('a gold that no label is', () => {
    const { asked, notes } = clean(
      {
        labels: ['tea'],
        profile: [item('a'), item('b')],
        queries: [query('q', { gold: ' tea' }), query('r', { gold: 'salt' })],
      },
      'tag',
    )
    expect(asked).toEqual(['q', 'r'])
    expect(notes).toEqual(['1 query (r) whose gold is not among the labels: asked, and never answered rightly'])
  })

  it('an answer that stands in its own input is kept, and said', () => {
    const told = { text: 'He wrote how I packed for rain, and left.', answer: 'How I Packed for Rain' }
    const { ids, asked, notes } = clean({
      profile: [item('a', told), item('b', { text: 'Ropes are long.', answer: 'Ropes' })],
      queries: [query('q', { input: 'See: salt and sea water.', gold: 'Salt and Sea' })],
    })
    expect(ids).toEqual(['a', 'b'])
    expect(asked).toEqual(['q'])
    expect(notes).toEqual([
      '1 item (a) of the history whose title stands in its text: kept',
      '1 query (q) whose gold stands in its input: asked all the same',
    ])
  })

  it('right-to-left and CJK text pass whole, and what ROUGE cannot see is said', () => {
    const hebrew = 'הספינה יצאה מן הנמל בבוקר'
    const japanese = '潮の満ち引きを毎朝書き留めている。'
    const { user, notes } = clean({
      profile: [item('a', { text: hebrew, answer: 'בוקר בנמל' }), item('b', { text: japanese, answer: '潮の記録' })],
      queries: [query('q', { input: 'الميناء في الصباح', gold: 'صباح الميناء' }), query('r', { gold: '潮 2' })],
    })
    expect(user.profile.map(({ text, answer }) => `${text}|${answer}`)).toEqual([
      `${hebrew}|בוקר בנמל`,
      `${japanese}|潮の記録`,
    ])
    expect(notes).toEqual(['1 query (q) whose gold has no Latin letter or digit: ROUGE is 0 whatever is written'])
    const [asked] = lampQueries(user)
    expect(lampRetrieval(user, 1)({ ...(asked as NonNullable<typeof asked>), input: '満ち引き' })).toMatchObject([
      { document: 'b' },
    ])
  })

  it('10,000 items: every one looked at, in time that grows with their number', () => {
    // Every text begins alike: the worst case for finding pieces by their beginnings.
    const formula = 'As every week, here is what happened at the harbour. '.repeat(10)
    const own = (n: number): string => Array.from({ length: 30 }, (_, i) => `gull${n}x${i}`).join(' ')
    const text = (n: number): string => `${formula} ${String(n).padStart(5, '0')} ${own(n)}`
    const profile = Array.from({ length: 10_000 }, (_, i) => item(`i${i}`, { text: text(i), answer: `t${i}` }))
    const queries = Array.from({ length: 500 }, (_, i) => query(`q${i}`, { input: text(i * 20) }))
    const { ids } = clean({ profile, queries })
    expect(ids).toHaveLength(9500)
    expect(ids).not.toContain('i20')
  })
})

describe('one piece under two names', () => {
  const long = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ')

  const other = (seed: string): string => Array.from({ length: 80 }, (_, i) => `${seed}${i}`).join(' ')

  const formula = 'As every week, this is what happened at the harbour: '

  it.each<[string, string, string, boolean]>([
    ['the same', 'A short text.', 'A short text.', true],
    ['case and white space', 'A short\n\ntext. ', 'a SHORT text.', true],
    ['full-width forms', 'ＡＢＣ', 'abc', true],
    ['a long beginning', long, long.slice(0, 300), true],
    ['a longer text', long.slice(0, 300), long, true],
    ['a short beginning', 'A short text.', 'A short text. And more.', false],
    ['another end', `${long} one`, `${long} two`, true],
    ['a word before it', long, `Update: ${long}`, true],
    ['revised here and there', long, long.replaceAll(/word(\d*)0 /g, 'other$1 '), true],
    ['a formula in common', `${formula} ${other('b')}`, `${formula} ${other('c')}`, false],
    ['a beginning of two', long.slice(0, 300), `${long} three`, true],
    ['nothing', '', '', false],
  ])('%s', (_case, one, other, same) => {
    expect(createPieces([one, `${long.slice(0, 250)} elsewhere`, 'z']).has(other)).toBe(same)
    expect(createPieces([other]).has(one)).toBe(same)
  })
})

it('a part of a piece is known as it stands, and by no formula in it', () => {
  const made = (seed: string): string => Array.from({ length: 80 }, (_, i) => `${seed}${i}`).join(' ')
  const [intro, steps] = [made('intro'), made('step')]
  const pieces = createPieces([`${intro} ${made('more')} ${made('own')} ${steps}`], [steps])
  expect(pieces.has(steps)).toBe(true)
  expect(pieces.has(`${made('x')} ${made('y')} ${made('z')} ${steps}`)).toBe(false)
})

it('finds what comparing each with each finds', () => {
  const random = seeded('pieces')
  const beginning = 'x'.repeat(200)
  const draw = (): string => beginning + Array.from({ length: random.below(7) }, () => 'ab'[random.below(2)]).join('')
  let found = 0
  for (let round = 0; round < 300; round++) {
    const texts = Array.from({ length: 1 + random.below(4) }, draw)
    const asked = draw()
    const same = texts.some((text) => text.startsWith(asked) || asked.startsWith(text))
    expect(createPieces(texts).has(asked), `${asked} in ${texts}`).toBe(same)
    if (same) found++
  }
  expect(found).toBeGreaterThan(50)
  expect(found).toBeLessThan(250)
})

describe('canaries', () => {
  const CANARY = 'Xylophone-Canary-77'
  const words = (seed: string): string => Array.from({ length: 60 }, (_, i) => `${seed}${i}`).join(' ')

  /** All that a voice is trained on and that retrieval can bring, as one text. */
  function seen(user: LampUser): string {
    const examples = lampExamples(user, fakeBuilder, { maxInput: 10_000 }).map(({ tokens }) => decode(tokens))
    const retrieve = lampRetrieval(user, 50)
    const search = lampSearch(user)
    const earlier = lampHistory(user).map((_, index) => search.earlier(index, 50))
    return JSON.stringify([examples, lampHistory(user), lampQueries(user).map((asked) => retrieve(asked)), earlier])
  }

  it.each<[string, TaskName, Partial<RawItem>, Partial<RawQuery>]>([
    [
      'its text under another id',
      'headline',
      { text: words('a'), answer: CANARY },
      { input: words('a'), gold: CANARY },
    ],
    [
      'its text with a word before it',
      'headline',
      { text: `Update: ${words('a')}`, answer: CANARY },
      { input: words('a'), gold: CANARY },
    ],
    [
      'its text, written otherwise and cut',
      'headline',
      { text: words('a').toUpperCase(), answer: CANARY },
      { input: words('a').slice(0, 400), gold: CANARY },
    ],
    [
      'its text without the title above it',
      'tag',
      { text: words('a'), answer: CANARY },
      { input: `A title\n\n${words('a')}`, gold: CANARY },
    ],
    [
      'its passage',
      'prose',
      { text: `${CANARY} ${words('a')}`, answer: `${CANARY} ${words('a')}` },
      { gold: `${CANARY} ${words('a')}`, piece: `${CANARY} ${words('a')}` },
    ],
    ['its bare answer', 'headline', { text: null, answer: CANARY }, { gold: CANARY }],
    ['its own id', 'headline', {}, { id: 'old', input: words('q'), gold: CANARY }],
    ['an answer inside its own input', 'headline', {}, { input: `${words('q')} ${CANARY}`, gold: CANARY }],
    ['a date before the history’s', 'headline', {}, { date: '2001-01-01', gold: CANARY }],
  ])('%s: a held-out answer reaches neither training nor retrieval', (_case, task, planted, held) => {
    const plain = (id: string) => item(id, { text: words(id), answer: task === 'prose' ? words(id) : `title ${id}` })
    const profile = [
      plain('old'),
      item('planted', { ...plain('p'), id: 'planted', ...planted, body: planted.text ?? planted.answer ?? words('p') }),
      plain('new'),
    ]
    const { user } = clean(
      {
        profile,
        queries: [
          query('held', held),
          query('other', { input: `${words('p').split(' ').reverse().join(' ')} new1 new59` }),
        ],
      },
      task,
    )
    expect(seen(user)).not.toContain(CANARY)
    // What is innocent stays.
    expect(seen(user)).toContain('new59')
  })

  it('retrieval brings nothing written after the query', () => {
    const profile = [
      item('before', { text: 'gulls and ropes', date: '2020-01-01' }),
      item('after', { text: 'gulls and ropes again', date: '2022-01-01', answer: `about ${CANARY}` }),
    ]
    const { user, notes } = clean({
      profile,
      queries: [query('q', { input: 'gulls and more ropes', date: '2021-01-01' })],
    })
    const [asked] = lampQueries(user)
    const found = lampRetrieval(user, 2)(asked as NonNullable<typeof asked>)
    expect(found.map(({ document }) => document)).toEqual(['before'])
    expect(notes).toEqual(['1 query (q) dated before the last item of the history (2022-01-01)'])
  })
})
