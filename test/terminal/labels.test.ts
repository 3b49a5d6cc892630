import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RateResult, TagResult } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { idiolect, terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const folder = writing(path.join(root, 'writing'), 4, 240)
const terminal = terminalOn(root)
const piece = path.join(folder, 'piece-03.md')
const NONE = ['--voice', 'none']

beforeAll(async () => {
  await terminal.ok(['models', 'add', tinyBase(root)])
  await terminal.ok(['import', folder])
})

async function refused(args: string[], words: RegExp): Promise<void> {
  const ran = await terminal.run(['--json', ...args])
  expect(ran.code, ran.stdout).toBe(1)
  expect(ran.stderr).toMatch(words)
  expect(ran.json<{ error: { message: string } }>().error.message).toMatch(words)
}

describe('tag', () => {
  it('prints the owner’s tags with their shares, marks those that the file has, and names its sources', async () => {
    const result = await terminal.ok<TagResult>(['tag', piece, ...NONE])
    expect(result.suggestions.map(({ tag, pieces, has }) => [tag, pieces, has]).sort()).toEqual([
      ['order', 3, true],
      ['sea', 3, true],
    ])
    expect(result.sources).toEqual([expect.objectContaining({ path: expect.stringMatching(/piece-0[0-2]\.md$/) })])
    const lines = await terminal.run(['tag', piece, ...NONE, '--count', '1', '--no-retrieval'])
    expect(lines.code, lines.stderr).toBe(0)
    expect(lines.stdout).toMatch(/^ *\d+\.\d% {2}(sea|order) {2}\(the piece has it\)\n$/)
  })
})

describe('rate and score', () => {
  it('a distribution over the scale, whose shares the scores of the answers repeat', async () => {
    const result = await terminal.ok<RateResult>(['rate', piece, ...NONE])
    expect(result.distribution.map(({ score }) => score)).toEqual([1, 2, 3, 4, 5])
    expect(result.sources).toEqual([])
    const nll = async (gold: string) => {
      const args = ['score', '--task', 'rate', '--input', piece, '--gold', gold, ...NONE]
      const scored = await terminal.ok<{ nll: number; tokens: number }>(args)
      expect(Object.keys(scored)).toEqual(['nll', 'tokens'])
      return scored.nll
    }
    const [first, last] = [result.distribution[0], result.distribution[4]]
    const ratio = Math.log((first?.probability ?? 0) / (last?.probability ?? 0))
    expect((await nll('5')) - (await nll('1'))).toBeCloseTo(ratio, 1)
    const two = await terminal.ok<RateResult>(['rate', piece, ...NONE, '--count', '2', '--seed', '7'])
    const byChance = result.distribution.toSorted((a, b) => b.probability - a.probability)
    expect(two.distribution).toEqual(byChance.slice(0, 2).toSorted((a, b) => a.score - b.score))
  })
})

describe('draft', () => {
  it('prints what streams, the same for the same seed', async () => {
    const args = ['draft', 'The lamp keeps the harbour', ...NONE, '--seed', '2', '--max-tokens', '8']
    const { text, sources } = await terminal.ok<{ text: string; sources: object[] }>(args)
    expect(text).not.toBe('')
    expect(sources).toHaveLength(1)
    const lines = await terminal.run(args)
    expect(lines.code, lines.stderr).toBe(0)
    expect(lines.stdout.startsWith(text)).toBe(true)
    const asked = await terminal.ok<{ sources: object[] }>([...args, '--instruction', '--no-retrieval'])
    expect(asked.sources).toEqual([])
    // The first of several is the one that stands alone.
    const several = await terminal.ok<{ text: string; texts: string[] }>([...args, '--count', '2'])
    expect(several.text).toBe(text)
    expect(several.texts[0]).toBe(text)
    expect(several.texts).toHaveLength(2)
  })
})

describe('what cannot be done', () => {
  it('is said in words', async () => {
    const empty = path.join(root, 'empty.md')
    writeFileSync(empty, '')
    await refused(['tag', empty], /it is empty/)
    await refused(['rate', path.join(root, 'nowhere.md')], /nowhere\.md cannot be read/)
    const score = ['score', '--input', piece, '--gold', '9', '--task']
    await refused([...score, 'rate'], /9 is not on the scale 1, 2, 3, 4, 5/)
    await refused([...score, 'novel'], /"novel" is no task/)
    await refused(['draft', ' '], /no opening/)
    const bare = terminalOn(root, 'bare')
    await bare.ok(['models', 'add', tinyBase(root)])
    const { code, stderr } = await bare.run(['tag', piece])
    expect([code, stderr]).toEqual([1, expect.stringContaining('no other piece of yours in the library')])
    const unasked = await idiolect(root, ['score', '--task', 'rate', '--input', piece])
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('--gold')])
  })
})
