/** A study from the terminal on a tiny base: real training, real scoring, the numbers counted from the voices' files. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Study } from '../../main/lamp/studies/study.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { halfWritten, terminalOn, tinyBase } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const terminal = terminalOn(root)
const file = path.join(root, 'headline.json')
const out = path.join(root, 'study')

beforeAll(async () => {
  await terminal.ok(['models', 'add', base])
  const item = (user: string, n: number) => ({
    id: `${user} ${n}`,
    text: `${user} went down to the harbour on day ${n} and looked at the lamp`,
    title: `Day ${n} of ${user}`,
    date: `2024-01-${10 + n}`,
  })
  const users = ['ann', 'bob'].map((user) => ({
    user_id: user,
    profile: [1, 2, 3, 4].map((n) => item(user, n)),
    queries: [5, 6, 7].map((n) => {
      const { id, text, title, date } = item(user, n)
      return { id, input: text, gold: title, date }
    }),
  }))
  writeFileSync(file, JSON.stringify({ task: 'headline: made for this test', users }))
})

const study = (name: string, ...more: string[]) => [
  'lamp',
  'study',
  name,
  file,
  '--out',
  out,
  '--epochs',
  '1',
  '--threads',
  '1',
  '--rank',
  '2',
  ...more,
]

describe('lamp study', () => {
  it('trains each kind, counts its numbers, and leaves rows and a picture', { timeout: 240_000 }, async () => {
    const asked = study('kinds', '--kinds', 'lora,ia3', '--queries', '2')
    const first = (await terminal.ok(asked)) as { study: Study; json: string; picture: string }
    expect(first.study.rows.map(({ setting, gain }) => [setting, gain.users, gain.queries])).toEqual([
      ['LoRA', 2, 4],
      ['(IA)3', 2, 4],
    ])
    const [lora, ia3] = first.study.rows
    expect(lora?.numbers).toBeGreaterThan(ia3?.numbers ?? 0)
    expect(ia3?.numbers).toBeGreaterThan(0)
    expect(lora?.value).toBeGreaterThan(0)
    expect(lora?.value).not.toBe(ia3?.value)
    expect(JSON.parse(readFileSync(first.json, 'utf8')).rows).toEqual(first.study.rows)
    expect(readFileSync(first.picture, 'utf8')).toContain('</svg>')
    // What is finished is taken up: the seconds of training are the first run's.
    expect(await terminal.ok(asked)).toEqual(first)
    expect(halfWritten(out)).toEqual([])
  })

  it.each([
    [['shift', file, '--levels', '5'], '--levels is of the study activity'],
    [['kinds', file, '--users', 'eve'], 'has no user "eve"'],
    [['formats', file, '--formats', 'poems'], '--formats takes one of pairs'],
    [['size', file, '--newest', '3'], '--newest is of the study formats'],
  ])('refuses %j', async (args, words) => {
    const { code, stderr } = await terminal.run(['lamp', 'study', ...args, '--out', path.join(root, 'refused')])
    expect(code).toBe(1)
    expect(stderr).toContain(words)
  })
})
