/** The methods table from the terminal on a trained model of 260 thousand parameters, killed on its way and gone on with. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { userFolder } from '../../main/lamp/folder.ts'
import type { LampTable } from '../../main/lamp/table.ts'
import { seeded } from '../../main/random.ts'
import { STORIES } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { filesBelow, halfWritten, terminalOn } from './idiolect.ts'

const WORDS = 'the little dog ran home and saw a big red ball in the garden with his mom while it was sunny'.split(' ')
const USERS = ['ann', 'bob', 'cyd']

function text(random: ReturnType<typeof seeded>, words: number): string {
  return Array.from({ length: words }, () => WORDS[random.below(WORDS.length)]).join(' ')
}

describe.skipIf(STORIES === null)('lamp run, table and merge (../shared)', () => {
  const root = temporaryFolder()
  const terminal = terminalOn(root)
  const file = path.join(root, 'users.json')
  const run = (out: string, ...more: string[]): string[] => [
    'lamp',
    'run',
    file,
    ...['--base', 'stories260k', '--methods', 'base,task,task+retrieval+voice,task+cope,other'],
    ...['--plan', 'protocol', '--epochs', '1', '--batch', '4', '--lr', '0.01', '--max-input', '40', '--threads', '1'],
    ...['--out', path.join(root, out), ...more],
  ]
  const numbers = (table: LampTable) => table.rows.map(({ method, queries, metrics }) => [method, queries, metrics])
  let whole: LampTable

  beforeAll(async () => {
    const random = seeded('lamp users')
    const users = USERS.map((id) => ({
      user_id: id,
      profile: Array.from({ length: 5 }, (_, n) => ({
        id: `${id}${n}`,
        text: text(random, 30),
        title: text(random, 3),
        date: `2024-01-0${n + 1}`,
      })),
      queries: [0, 1].map((n) => ({ id: `${id}q${n}`, input: text(random, 30), gold: text(random, 3) })),
    }))
    writeFileSync(file, JSON.stringify({ task: 'headline', users }))
    await terminal.ok(['models', 'add', STORIES as string])
    whole = (await terminal.ok<{ summary: LampTable }>(run('whole'))).summary
  }, 240_000)

  it('gives every method, with task adapters, two stages and contrast', () => {
    expect(whole.rows.map(({ method, queries }) => [method, queries])).toEqual([
      ['base', 6],
      ['task', 6],
      ['task+retrieval+voice', 6],
      ['other', 6],
      ['task+cope', 6],
    ])
    expect(whole.minutes.training).toBeGreaterThan(0)
    expect(whole.computed).toEqual([expect.stringMatching(/, 1 thread, .*products in /)])
  })

  it('ends with the same table and the same adapters when it is killed on its way', { timeout: 240_000 }, async () => {
    const scores = path.join(userFolder(path.join(root, 'killed'), 'bob'), 'scores.jsonl')
    const killed = await terminal.run(run('killed'), {
      onStart: async (child) => {
        while (!existsSync(scores) && child.exitCode === null) await setTimeout(20)
        child.kill('SIGKILL')
      },
    })
    expect(killed.signal).toBe('SIGKILL')
    const half = await terminal.ok<LampTable>(['lamp', 'table', path.join(root, 'killed')])
    expect(half.users[0]).toBe('ann')
    const done = await terminal.ok<{ summary: LampTable }>(run('killed'))
    expect(numbers(done.summary)).toEqual(numbers(whole))
    const voices = filesBelow(path.join(root, 'whole')).filter((name) => name.endsWith('run/voice.gguf'))
    expect(voices).toHaveLength(3 + 2 * USERS.length)
    for (const name of voices) {
      const [one, other] = ['whole', 'killed'].map((out) => readFileSync(path.join(root, out, name)))
      expect(one?.equals(other as Buffer), name).toBe(true)
    }
    expect(halfWritten(path.join(root, 'killed'))).toEqual([])
  })

  it('ends on Ctrl-C with 130, and says how to go on', { timeout: 240_000 }, async () => {
    const out = path.join(root, 'interrupted')
    const scores = path.join(userFolder(out, 'ann'), 'scores.jsonl')
    const { code, stderr } = await terminal.run(run('interrupted'), {
      onStart: async (child) => {
        while (!existsSync(scores) && child.exitCode === null) await setTimeout(20)
        child.kill('SIGINT')
      },
    })
    expect(stderr).toContain(`Go on with it: --out ${out}`)
    expect(code).toBe(130)
  })

  it('gets its answers later, for the rows that are named, on other threads', { timeout: 240_000 }, async () => {
    const out = path.join(root, 'whole')
    const scores = path.join(userFolder(out, 'bob'), 'scores.jsonl')
    const before = readFileSync(scores, 'utf8')
    // --threads given twice: the last one counts.
    const done = await terminal.ok<{ summary: LampTable }>(
      run('whole', '--generate', 'base,task+cope', '--threads', '2'),
    )
    const written = done.summary.rows.filter(({ metrics }) => metrics.rougeL).map(({ method }) => method)
    expect(written).toEqual(['base', 'task+cope'])
    expect(readFileSync(scores, 'utf8')).toBe(before)
    expect(done.summary.rows.map(({ metrics }) => metrics.nll)).toEqual(whole.rows.map(({ metrics }) => metrics.nll))
    const refused = await terminal.run(run('whole', '--generate', 'retrieval'))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('--generate names "retrieval", under which nothing is written in this run')
  })

  it('is joined from shards', { timeout: 240_000 }, async () => {
    const shards = ['0/2', '1/2'].map((shard) => ['--shard', shard, '--methods', 'base,retrieval'])
    for (const [i, shard] of shards.entries()) await terminal.ok(run(`shard${i}`, ...shard))
    const folders = shards.map((_, i) => path.join(root, `shard${i}`))
    const merged = await terminal.ok<LampTable>(['lamp', 'merge', ...folders, '--out', path.join(root, 'merged')])
    expect(merged.users.toSorted()).toEqual(USERS)
    expect(merged.rows[0]?.metrics).toEqual(whole.rows[0]?.metrics)
    expect(filesBelow(path.join(root, 'merged'))).toEqual(['summary.json'])
    const twice = await terminal.run(['lamp', 'merge', folders[0] as string, path.join(root, 'whole')])
    expect(twice.code).toBe(1)
    expect(twice.stderr).toMatch(/settings|more than one/)
  })
})
