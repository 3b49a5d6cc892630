/** What is learnt, cut and searched does not depend on the language of the machine. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'

const { Segmenter } = Intl
afterEach(() => {
  Object.assign(Intl, { Segmenter })
  vi.resetModules()
})

/** As on a machine of this language, the modules loaded anew. */
function machineOf(language: string): void {
  vi.resetModules()
  class OfMachine extends Segmenter {
    constructor(locales?: Intl.LocalesArgument, options?: Intl.SegmenterOptions) {
      super(locales ?? language, options)
    }
  }
  Object.assign(Intl, { Segmenter: OfMachine })
}

const clause = (n: number): string => `We came in number ${n} and saw the harbour; we stayed until the lamps were lit.`
const text = Array.from({ length: 60 }, (_, n) => clause(n)).join(' ')
const piece = { id: 'p', title: 'Harbour', text, date: '2024-01-01' }

it('prose is cut into the same examples on a Greek machine', async () => {
  expect([...new Segmenter('el', { granularity: 'sentence' }).segment(clause(1))]).toHaveLength(2)
  const passages = async (language: string) => {
    machineOf(language)
    const { proseQueries } = await import('../main/examples/prose.ts')
    return proseQueries([piece])
  }
  const [english, greek] = [await passages('en'), await passages('el')]
  expect(english.queries.length).toBeGreaterThan(2)
  expect(greek).toEqual(english)
})

it('words and sentences are broken in one place, for whatever machine', () => {
  const root = path.join(import.meta.dirname, '../main')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(100)
  const own = files.filter((file) => readFileSync(path.join(root, file), 'utf8').includes('Intl.Segmenter('))
  expect(own).toEqual(['segments.ts'])
})
