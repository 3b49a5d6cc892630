/** Nasty front matter, and what a tag more or another score makes of it: nothing else. */

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { factsOf } from '../../main/library/facts.ts'
import { splitFrontMatter } from '../../main/library/front-matter.ts'
import type { Change } from '../../main/library/splice.ts'
import { withFacts } from '../../main/library/write-front-matter.ts'

function written(source: string, change: Change, kind: 'markdown' | 'text' | 'html' = 'markdown'): string {
  const result = withFacts(source, change, kind)
  if ('reason' in result) throw new Error(`refused: ${result.reason}`)
  return result.text
}
const refused = (source: string, change: Change, kind: 'markdown' | 'text' | 'html' = 'markdown'): string => {
  const result = withFacts(source, change, kind)
  return 'reason' in result ? result.reason : `not refused: ${result.text}`
}
const md = (matter: string, body = '\nThe sea is early.\n'): string => `---\n${matter}---\n${body}`

describe('tags', () => {
  it.each([
    ['a list in brackets', 'tags: [sea, order]\n', ['sea', 'order', 'fog'], 'tags: [sea, order, fog]\n'],
    ['quoted as the others', 'tags: ["sea", "order"]\n', ['sea', 'order', 'fog'], 'tags: ["sea", "order", "fog"]\n'],
    ['single quotes', "tags: ['sea']\n", ['sea', 'fog'], "tags: ['sea', 'fog']\n"],
    ['air in brackets', 'tags: [ sea, order ]\n', ['order', 'fog'], 'tags: [ order, fog ]\n'],
    [
      'a list in lines',
      'tags:\n  - sea # wet\n  - order\n',
      ['sea', 'order', 'fog'],
      'tags:\n  - sea # wet\n  - order\n  - fog\n',
    ],
    [
      'lines without indent',
      'tags:\n- sea\ndate: 2024-01-01\n',
      ['sea', 'fog'],
      'tags:\n- sea\n- fog\ndate: 2024-01-01\n',
    ],
    ['one line gone', 'tags:\n- sea\n- order\ntitle: A\n', ['order', 'fog'], 'tags:\n- order\n- fog\ntitle: A\n'],
    ['all lines others', 'tags:\n- sea\ntitle: A\n', ['fog'], 'tags:\n- fog\ntitle: A\n'],
    ['another order in lines', 'tags:\n- sea # wet\n- order\n', ['order', 'sea'], 'tags:\n- order # wet\n- sea\n'],
    ['a line with commas', 'tags: sea, order\n', ['sea', 'order', 'fog'], 'tags: sea, order, fog\n'],
    ['a quoted line with commas', 'tags: "sea, order"\n', ['sea', 'fog'], 'tags: "sea, fog"\n'],
    ['a single tag', 'tag: sea\n', ['sea', 'fog'], 'tag: [sea, fog]\n'],
    ['categories', 'categories: [sea]\n', ['sea', 'fog'], 'categories: [sea, fog]\n'],
    ['nothing', 'tags:\ntitle: A\n', ['fog'], 'tags: [fog]\ntitle: A\n'],
    ['an empty list', 'tags: []\n', ['fog'], 'tags: [fog]\n'],
    ['null', 'tags: ~ # none yet\ntitle: A\n', ['fog'], 'tags: [fog] # none yet\ntitle: A\n'],
    ['no key', 'title: A\n', ['fog'], 'title: A\ntags: [fog]\n'],
    ['a comma', 'tags: [sea]\n', ['sea', 'fog, thick'], 'tags: [sea, "fog, thick"]\n'],
    [
      'a comma where lines have commas',
      'tags: sea, order\n',
      ['sea', 'order', 'fog, thick'],
      'tags: [sea, order, "fog, thick"]\n',
    ],
    ['a colon', 'tags:\n- sea\n', ['sea', 'fog: thick'], 'tags:\n- sea\n- "fog: thick"\n'],
    ['a word that old YAML takes for another', 'tags: [sea]\n', ['sea', 'no'], 'tags: [sea, "no"]\n'],
    ['a number', 'tags: [2023]\n', ['2023', '2024'], 'tags: [2023, "2024"]\n'],
    ['emoji', 'title: 🌊\ntags: [sea]\n', ['sea', '🐟 fish'], 'title: 🌊\ntags: [sea, 🐟 fish]\n'],
    [
      'over lines with remarks',
      'tags: [\n  sea, # wet\n  order\n]\n',
      ['sea', 'order', 'fog'],
      'tags: [\n  sea, # wet\n  order, fog\n]\n',
    ],
    ['an anchor that nobody uses', 'tags: &t [sea]\ntitle: A\n', ['sea', 'fog'], 'tags: &t [sea, fog]\ntitle: A\n'],
    ['an alias', 'usual: &t [sea]\ntags: *t\n', ['sea', 'fog'], 'usual: &t [sea]\ntags: [sea, fog]\n'],
    [
      'a bare colon in the title',
      'title: Log: the first\ntags: [sea]\n',
      ['sea', 'fog'],
      'title: Log: the first\ntags: [sea, fog]\n',
    ],
    ['a tag below another key', 'meta:\n  tags: [sea]\n', ['sea', 'fog'], 'meta:\n  tags: [sea, fog]\n'],
    [
      'other keys, comments and order',
      '# head\nb: 1   # one\n\na: "x"\ntags: [sea]\nz: |\n  long\n  text\n',
      ['sea', 'fog'],
      '# head\nb: 1   # one\n\na: "x"\ntags: [sea, fog]\nz: |\n  long\n  text\n',
    ],
  ])('%s', (_, matter, tags, expected) => {
    const text = written(md(matter), { tags })
    expect(text).toBe(md(expected))
    const read = splitFrontMatter(text)
    expect('data' in read ? factsOf(read.data).tags : read).toEqual(tags)
  })

  it('changes nothing where the file says so already', () => {
    const source = md('tags:   [ "sea",order ]\n')
    expect(written(source, { tags: ['sea', 'order'] })).toBe(source)
  })

  it('keeps CRLF, the byte order mark and a missing last line end', () => {
    const bom = '\ufeff'
    expect(written(`${bom}---\r\ntitle: A\r\n---\r\nSea`, { tags: ['fog'] })).toBe(
      `${bom}---\r\ntitle: A\r\ntags: [fog]\r\n---\r\nSea`,
    )
    expect(written('---\r\ntags:\r\n  - sea\r\n---\r\n\r\nSea\r\n', { tags: ['sea', 'fog'] })).toBe(
      '---\r\ntags:\r\n  - sea\r\n  - fog\r\n---\r\n\r\nSea\r\n',
    )
    expect(written(`${bom}Sea\r\nand fog`, { tags: ['fog'] })).toBe(
      `${bom}---\r\ntags: [fog]\r\n---\r\n\r\nSea\r\nand fog`,
    )
    expect(written('---\r\ntags: [sea]\r\n---\r\nSea\r\n', { tags: ['order', 'fog'] })).toBe(
      '---\r\ntags: [order, fog]\r\n---\r\nSea\r\n',
    )
  })

  it('makes front matter where there is none, above rules and headings too', () => {
    expect(written('Sea.\n', { tags: ['fog'] })).toBe('---\ntags: [fog]\n---\n\nSea.\n')
    expect(written('\nSea.\n', { tags: ['fog'] })).toBe('---\ntags: [fog]\n---\n\nSea.\n')
    const ruled = written('---\n\nSea.\n', { tags: ['fog'] })
    const read = splitFrontMatter(ruled)
    expect('body' in read && read.body.trim()).toBe('---\n\nSea.')
    expect(written('---\n---\nSea.\n', { tags: ['fog'] })).toBe('---\ntags: [fog]\n---\nSea.\n')
  })

  it('knows TOML', () => {
    const toml = (matter: string): string => `+++\n${matter}+++\nSea.\n`
    expect(written(toml('title = "A" # one\ntags = ["sea"]\n'), { tags: ['sea', 'fog'] })).toBe(
      toml('title = "A" # one\ntags = ["sea", "fog"]\n'),
    )
    expect(written(toml('title = "A"\n\n[taxonomies]\ntags = ["sea"]\n'), { tags: ['fog'] })).toBe(
      toml('title = "A"\n\n[taxonomies]\ntags = ["fog"]\n'),
    )
    expect(written(toml('title = "A"\n[extra]\nx = 1\n'), { tags: ['fog'] })).toBe(
      toml('title = "A"\ntags = ["fog"]\n[extra]\nx = 1\n'),
    )
    expect(written(toml('tags = [\n  "sea",\n  "order",\n]\ndraft = false\n'), { tags: ['sea'] })).toBe(
      toml('tags = ["sea"]\ndraft = false\n'),
    )
    expect(written(toml('rating = 4 # good\n'), { rating: 5 })).toBe(toml('rating = 5 # good\n'))
    expect(refused(toml('tags = [\n  "sea", # wet\n]\n'), { tags: ['fog'] })).toMatch(/cannot be changed safely/)
  })

  it.each(['date created: 2024-05-17\n', 'Schlagwörter: [sea]\n', 'дата: 2024-05-17\n'])(
    'puts them into the block that is there, whatever its names: %s',
    (matter) => {
      expect(written(md(matter), { tags: ['fog'] })).toBe(md(`${matter}tags: [fog]\n`))
      const windows = (text: string): string => text.replaceAll('\n', '\r\n')
      expect(written(windows(md(matter)), { tags: ['fog'] })).toBe(windows(md(`${matter}tags: [fog]\n`)))
    },
  )

  it('puts them above a section of TOML that has a remark, and leaves text over lines alone', () => {
    const toml = (matter: string): string => `+++\n${matter}+++\nSea.\n`
    expect(written(toml('title = "A"\n[extra] # mine\nx = 1\n'), { tags: ['fog'] })).toBe(
      toml('title = "A"\ntags = ["fog"]\n[extra] # mine\nx = 1\n'),
    )
    expect(refused(toml('summary = """\ntags = ["sea"]\n"""\n'), { tags: ['fog'] })).not.toMatch(/not refused/)
  })

  it('refuses what it would damage, and says why', () => {
    expect(refused('<p>Sea</p>', { tags: ['fog'] }, 'html')).toMatch(/HTML/)
    expect(refused('Sea.\n', { tags: ['fog'] }, 'text')).toMatch(/plain text without front matter/)
    expect(refused('', { tags: ['fog'] })).toMatch(/empty/)
    expect(refused('{\n "title": "A"\n}\nSea.\n', { tags: ['fog'] })).toMatch(/JSON/)
    expect(refused('---\n{title: A}\n---\nSea.\n', { tags: ['fog'] })).toMatch(/braces/)
    expect(refused('---\ntitle: A\n', { tags: ['fog'] })).toMatch(/never closed/)
    expect(refused(md('tags: &t [sea]\nrelated: *t\n'), { tags: ['sea', 'fog'] })).toMatch(/anchor/)
    expect(refused(md('tags: [\n  sea, # wet\n  order\n]\n'), { tags: ['order'] })).toMatch(/cannot be changed safely/)
    expect(refused(md('tags:\n  - name: sea\ntitle: A\n'), { tags: ['fog'] })).toMatch(/cannot be changed safely/)
    expect(refused(md('# nothing\n'), { tags: ['fog'] })).toMatch(/would not stay/)
    expect(refused('---\rtitle: A\r---\rSea', { tags: ['fog'] })).toMatch(/carriage return/)
  })
})

describe('a score', () => {
  it.each([
    ['rating: 4 # good\n', 5, 'rating: 5 # good\n'],
    ['rating: "4/5"\n', 3, 'rating: "3/5"\n'],
    ['stars: ★★★\n', 4.5, 'stars: ★★★★½\n'],
    ['score: 3.5\n', 4, 'score: 4\n'],
    ["rating: '3,5'\n", 4.5, "rating: '4,5'\n"],
    ['review:\n  rating: 2\n  book: B\n', 3, 'review:\n  rating: 3\n  book: B\n'],
    ['title: A\n', 3, 'title: A\nrating: 3\n'],
  ])('%s', (matter, rating, expected) => {
    const text = written(md(matter), { rating })
    expect(text).toBe(md(expected))
    const read = splitFrontMatter(text)
    expect('data' in read ? factsOf(read.data).rating : read).toBe(rating)
  })

  it('goes with tags in one edit', () => {
    const text = written(md('title: A\n'), { rating: 3, tags: ['sea'] })
    expect(parse(text.split('---')[1] ?? '')).toEqual({ title: 'A', tags: ['sea'], rating: 3 })
  })

  it('is not written as stars below one', () => {
    expect(refused(md('stars: ★★★\n'), { rating: 0.5 })).toMatch(/cannot be changed safely/)
  })
})
