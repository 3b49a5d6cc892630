import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJson } from '../../main/lamp/json.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lamp-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(text: string): string {
  const file = path.join(folder, 'list.json')
  writeFileSync(file, text)
  return file
}

describe('a list too long for one text', () => {
  it('is read entry by entry, brackets and quotes in texts and entries over chunks included', () => {
    const entries = [
      { id: 'a', text: 'a } in ] a { text [ "quoted" and a \\ at the end\\', inner: [[1], { x: [] }] },
      {},
      { id: 'c', text: '潮の "記録" \u2028' },
      // Longer than what is read at once.
      { id: 'd', text: '潮'.repeat(6_000_000) },
      { id: 'e', inner: [{ id: 'f' }] },
    ]
    expect(readJson(written(` \n${JSON.stringify(entries, null, 1)}\n`), 0)).toEqual(entries)
    expect(readJson(written('[]'), 0)).toEqual([])
  })

  it.each([
    ['no list', '{"users": []}', 'must be a list'],
    ['a torn one', '[{"id": 1}, {"id": 2', 'has no end'],
    ['no JSON', '[{"id": }]', 'is no JSON'],
  ])('is refused where it is %s', (_case, text, words) => {
    expect(() => readJson(written(text), 0)).toThrow(words)
    expect(() => readJson(written(text), 0)).toThrow(expect.objectContaining({ name: 'BadLampFile' }))
  })
})
