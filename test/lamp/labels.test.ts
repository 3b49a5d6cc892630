import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { userFolder } from '../../main/lamp/folder.ts'
import { judgeWritten } from '../../main/lamp/labels.ts'
import { readRun, readUser, writeUser } from '../../main/lamp/result.ts'
import { metricsOf } from '../../main/lamp/summarize.ts'
import { readTable } from '../../main/lamp/table.ts'
import { runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()

describe('a written score', () => {
  it.each([
    ['4', '4', 0],
    ['55', '4', 51],
    ['no score', '2', 3],
    ['no score', '4', 3],
  ])('%j for %s is %i off, as in LaMP', (text, gold, error) => {
    expect(judgeWritten('rate', text, { gold })).toMatchObject({ writtenError: error, writtenSquared: error ** 2 })
  })

  it.each(['5'.repeat(190), '5'.repeat(400), '1e999'])('%s is far off by a number that JSON can hold', (text) => {
    const written = judgeWritten('rate', text, { gold: '4' })
    expect(written.writtenCorrect).toBe(0)
    expect(JSON.parse(JSON.stringify(written))).toEqual(written)
    const score = { query: 'q', tokens: 2, nll: 1, ...written }
    const metrics = metricsOf([score, score, score], ['4', '4', '4'])
    expect(metrics.writtenMae).toBeGreaterThan(1e70)
    expect(Number.isFinite(metrics.writtenRmse)).toBe(true)
  })
})

describe('a record that cannot be read', () => {
  const damage = (): string => {
    const folder = userFolder(folders.out, 'ann')
    const record = readUser(folder, readRun(folders.out)?.config ?? '', 'ann')
    if (!record) throw new Error('no record')
    const [score] = record.methods.base?.scores ?? []
    if (score) score.writtenSquared = null as unknown as number
    writeUser(folder, record)
    return path.join(folder, 'result.json')
  }

  it('is no user without rows: the table says which file, and where in it', async () => {
    const { run } = setUpRun(folders)
    await run({ methods: ['base'], queries: 2 })
    const file = damage()
    expect(() => readTable([folders.out])).toThrow(
      `${file} cannot be read as results of ann: methods.base.scores.0.writtenSquared`,
    )
    writeFileSync(file, '{')
    expect(() => readTable([folders.out])).toThrow('it is no JSON')
  })

  it('is written anew by the run that made it, with a word, out of the scores beside it', async () => {
    const { run, base, notes } = setUpRun(folders)
    await run({ methods: ['base'], queries: 2 })
    damage()
    const before = base.scored.length
    await run({ methods: ['base'], queries: 2 })
    expect(base.scored.length).toBe(before)
    expect(
      notes.map(({ message }) => message).filter((message) => message.includes('it is written anew')),
    ).toHaveLength(1)
    expect(readTable([folders.out], { resamples: 20 }).users).toContain('ann')
  })
})
