import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Profile } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const terminal = terminalOn(root)

beforeAll(async () => {
  await terminal.ok(['models', 'add', tinyBase(root)])
  await terminal.ok(['import', writing(path.join(root, 'writing'), 12)])
})

const shown = async (...args: string[]) => (await terminal.ok<{ profiles: Profile[] }>(['profile', ...args])).profiles

describe('profile', () => {
  it('is counted, shown, set by text or file, and taken away', async () => {
    expect(await shown()).toEqual([])
    const { stdout } = await terminal.run(['profile'])
    expect(stdout).toMatch(/no profile yet/)
    const { profile } = await terminal.ok<{ profile: Profile }>([
      'profile',
      '--task',
      'tag',
      '--write',
      '--by',
      'counts',
    ])
    expect(profile).toMatchObject({ task: 'tag', by: 'counts', text: 'Usual tags: sea (100%).' })
    const file = path.join(root, 'mine.txt')
    writeFileSync(file, 'Writes about\nledgers.\n')
    await terminal.ok(['profile', '--set', file])
    await terminal.ok(['profile', '--task', 'prose', '--set', 'Dry and short.'])
    expect((await shown()).map(({ task, by, text }) => [task, by, text])).toEqual([
      ['headline', 'owner', 'Writes about ledgers.'],
      ['tag', 'counts', 'Usual tags: sea (100%).'],
      ['prose', 'owner', 'Dry and short.'],
    ])
    expect(await shown('--task', 'rate')).toEqual([])
    await terminal.ok(['profile', '--set', ''])
    expect(await shown('--task', 'headline')).toEqual([])
  })

  it('keeps the owner’s words unless told to replace them', async () => {
    await terminal.ok(['profile', '--task', 'tag', '--set', 'Mostly the sea.'])
    const refused = await terminal.run(['--json', 'profile', '--task', 'tag', '--write', '--by', 'counts'])
    expect(refused.code).toBe(1)
    expect(refused.json()).toMatchObject({ error: { name: 'OwnProfile' } })
    expect((await shown('--task', 'tag'))[0]?.text).toBe('Mostly the sea.')
    await terminal.ok(['profile', '--task', 'tag', '--write', '--by', 'counts', '--replace'])
    expect((await shown('--task', 'tag'))[0]?.by).toBe('counts')
  })

  it('changes what is written with it, and says where there is none', async () => {
    const piece = path.join(root, 'piece.md')
    writeFileSync(piece, 'The harbour was empty when I came down, save for the two gulls who own it and their kin.\n')
    const headline = ['headline', piece, '--count', '1', '--no-retrieval', '--seed', '1', '--max-tokens', '8']
    await terminal.ok(['profile', '--set', ''])
    const none = await terminal.run(['--json', ...headline, '--profile'])
    expect(none.json()).toMatchObject({ error: { name: 'NoProfile', next: expect.stringContaining('profile --task') } })
    await terminal.ok(['profile', '--set', 'Zzz qqq xxyy 12345, zzz and qqq.'])
    const score = [
      'score',
      '--task',
      'headline',
      '--input',
      piece,
      '--gold',
      'What the harbour keeps',
      '--no-retrieval',
    ]
    const scored = async (...more: string[]) => (await terminal.ok<{ nll: number }>([...score, ...more])).nll
    const without = await scored('--no-profile')
    expect(await scored()).toBe(without)
    expect(await scored('--profile')).not.toBe(without)
  })

  it('refuses options that make no sense together', async () => {
    for (const args of [
      ['--write', '--set', 'x'],
      ['--by', 'counts'],
      ['--write', '--by', 'me'],
      ['--task', 'poem'],
    ]) {
      const ran = await terminal.run(['--json', 'profile', ...args])
      expect([args, ran.code]).toEqual([args, 1])
      expect(ran.json()).toMatchObject({ error: { name: 'BadOption' } })
    }
  })
})
