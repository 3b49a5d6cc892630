import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { userFolder } from '../../main/lamp/folder.ts'
import { parseMethod } from '../../main/lamp/methods.ts'
import { minutesOf, rowMinutes, timesOf } from '../../main/lamp/minutes.ts'
import type { LampRunRecord } from '../../main/lamp/result.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()

/** A shard's folder: each of its users' voices took a minute. */
function shard(name: string, users: string[], panel?: string[]): { out: string; record: LampRunRecord } {
  const out = path.join(root, name)
  for (const user of new Set([...users, ...(panel ?? [])])) {
    mkdirSync(userFolder(out, user), { recursive: true })
    const line = { what: 'voice', stage: 'training', seconds: 60 }
    writeFileSync(path.join(userFolder(out, user), 'times.jsonl'), `${JSON.stringify(line)}\n`)
  }
  const base = { file: 'base.gguf', sha256: '' }
  const what = { version: 1 as const, config: '', file: 'made.json', task: 'headline' as const, base, shard: null }
  return { out, record: { ...what, methods: [], users, panel, settings: {} } }
}

const training = (runs: ReturnType<typeof shard>[]) => ({
  voice: rowMinutes(parseMethod('voice'), timesOf(runs)).training,
  other: rowMinutes(parseMethod('other'), timesOf(runs)).training,
  all: minutesOf(timesOf(runs), 1).training,
})

it('voices that a shard trained to stand for others’ count, in their rows and in the sum', () => {
  expect(training([shard('first', ['ann', 'bob'], ['bob', 'cem', 'dan'])])).toEqual({ voice: 2, other: 3, all: 4 })
})

it('each shard’s training counts, and of a run that does not say whose voices it lent all do', () => {
  expect(training([shard('one', ['ann'], ['ann', 'bob']), shard('two', ['bob'], ['ann', 'bob'])])).toEqual({
    voice: 2,
    other: 4,
    all: 4,
  })
  expect(training([shard('old', ['ann', 'bob'])])).toEqual({ voice: 2, other: 2, all: 2 })
})
