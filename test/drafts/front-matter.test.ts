/** A draft's block of facts: kept apart while it is written, put back with the title that the owner gave. */
import { describe, expect, it } from 'vitest'
import { joinMatter, splitMatter } from '../../main/drafts/front-matter.ts'

const BODY = 'It rained.\n'
const block = (facts: string): string => `---\n${facts}\n---\n\n`
const titled = (facts: string, title: string): string => joinMatter(block(facts), title, BODY)

describe('a title that the owner gave', () => {
  it('goes where the file has an empty one', () => {
    for (const empty of ['title:', 'title: ', 'title: ""', 'title: ~'])
      expect(titled(`${empty}\ndate: 2026-01-01`, 'Rain')).toBe(block('title: "Rain"\ndate: 2026-01-01') + BODY)
    expect(titled('date: 2026-01-01\ntitle:', 'Rain')).toBe(block('date: 2026-01-01\ntitle: "Rain"') + BODY)
  })

  it('leaves a remark behind an empty one', () => {
    expect(titled('title: # to be found\ntags: [a]', 'Rain')).toBe(
      block('title: "Rain" # to be found\ntags: [a]') + BODY,
    )
  })

  it('takes the place of one in a block of lines, and no other line moves', () => {
    for (const old of ['title: >-\n  Old\n  one', 'title: |\n  Old', 'title: >+\n  Old', 'title: Old\n  one'])
      expect(titled(`${old}\ndate: 2020-01-01`, 'New')).toBe(block('title: "New"\ndate: 2020-01-01') + BODY)
    expect(titled('date: 2020-01-01\ntitle: >\n  Old', 'New')).toBe(block('date: 2020-01-01\ntitle: "New"') + BODY)
  })

  it('that is the old one is not written anew, however that stands', () => {
    for (const facts of ['title: >\n  Old\n  one', 'title: Old   one', "title: 'Old one'"])
      expect(titled(facts, 'Old one')).toBe(block(facts) + BODY)
    const long = 'long '.repeat(100)
    expect(titled(`title: ${long}`, long.slice(0, 300))).toBe(block(`title: ${long}`) + BODY)
  })

  it('is read back as it was given', () => {
    for (const title of ['One: "two" # three', "It's \\ 👩‍👩‍👧", 'yes', '---'])
      expect(splitMatter(titled('title: Old\ntags: [a]', title))).toMatchObject({ title, body: BODY })
  })

  it('is left out where it would change another fact, or the facts cannot be read', () => {
    for (const facts of ['title: &t Old\nseries: *t', 'title: Old\ntitle: Older', 'title: *t\nseries: a', 'titles: a'])
      expect(titled(facts, 'New')).toBe(block(facts) + BODY)
  })
})
