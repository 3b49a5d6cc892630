import { describe, expect, it } from 'vitest'
import { titleOf } from '../../main/drafts/title.ts'
import { charactersLost, MOST_SIZE, MOST_VERSIONS, NEWEST, versionsToDrop } from '../../main/drafts/versions.ts'

const version = (n: number, size = 1, why = 'saved', minute = n) => ({
  id: `v${n}`,
  at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  size,
  why,
})

describe('thinning', () => {
  it('drops where versions stand closest, never the newest', () => {
    const versions = Array.from({ length: MOST_VERSIONS }, (_, n) => version(n, 1, 'saved', n * 10))
    expect(versionsToDrop(versions)).toEqual([])
    // v40 stands a minute after v39.
    versions[40] = version(40, 1, 'saved', 391)
    expect(versionsToDrop([...versions, version(MOST_VERSIONS, 1, 'saved', 10_000)])).toEqual(['v40'])
  })

  it('is bounded by size too, and even then the last ones stay', () => {
    const huge = Array.from({ length: 30 }, (_, n) => version(n, MOST_SIZE))
    const dropped = versionsToDrop(huge)
    expect(dropped).toHaveLength(30 - NEWEST)
    for (let n = 30 - NEWEST; n < 30; n++) expect(dropped).not.toContain(`v${n}`)
  })

  it('lets refused texts go last', () => {
    const versions = Array.from({ length: MOST_VERSIONS + 5 }, (_, n) => version(n, 1, n < 10 ? 'refused' : 'saved'))
    const dropped = versionsToDrop(versions)
    expect(dropped).toHaveLength(5)
    for (const id of dropped) expect(Number(id.slice(1))).toBeGreaterThanOrEqual(10)
  })
})

describe('what an edit takes away', () => {
  it('is counted between the common ends', () => {
    expect(charactersLost('one two three', 'one three')).toBe(4)
    expect(charactersLost('one', 'one two')).toBe(0)
    expect(charactersLost('aaaa', 'aa')).toBe(2)
    expect(charactersLost('abc', 'xyz')).toBe(3)
    expect(charactersLost('', 'x')).toBe(0)
  })
})

describe('the title of a text', () => {
  it.each([
    ['# A day *out*\n\nIt rained.', 'A day out'],
    ['\n\n---\n\n> Quoted [words](https://example.org) first', 'Quoted words first'],
    ['- [ ] `one` thing', '[ ] one thing'],
    ['***\n', ''],
    ['   ', ''],
    ['שלום עולם', 'שלום עולם'],
    ['🌊', '🌊'],
    ['snake_case_name here', 'snake_case_name here'],
  ])('of %j is %j', (text, title) => {
    expect(titleOf(text)).toBe(title)
  })

  it('is cut between words, and never within a character', () => {
    expect(titleOf(`${'word '.repeat(60)}`)).toMatch(/word…$/)
    expect(titleOf('🌊'.repeat(200))).toBe(`${'🌊'.repeat(60)}…`)
    expect(titleOf(`x${'🌊'.repeat(200)}`)).toBe(`x${'🌊'.repeat(59)}…`)
  })
})
