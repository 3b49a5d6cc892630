/** (IA)3 and prompts from the terminal: trained, proved, used, carried to another data folder, gone on from, deleted. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { prefixOfVoice } from '../../main/adapters/array-voice.ts'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import type { Voice } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const folder = writing(path.join(root, 'writing'), 12, 120)
const terminal = terminalOn(root)
const elsewhere = terminalOn(root, 'elsewhere')
const QUICK = ['--tasks', 'headline', '--epochs', '1', '--batch', '4', '--threads', '1']
const PIECE = path.join(folder, 'piece-03.md')

interface Trained {
  voice: string
  proof: Record<string, number>
}
interface Written {
  candidates: string[]
}

beforeAll(async () => {
  for (const each of [terminal, elsewhere]) await each.ok(['models', 'add', base])
  await terminal.ok(['import', folder])
}, 300_000)

const headline = (of: typeof terminal, voice: string): Promise<Written> =>
  of.ok<Written>(['headline', PIECE, '--voice', voice, '--scale', '1', '--seed', '4', '--count', '2', '--no-retrieval'])

describe.each([
  { kind: 'ia3', options: [] as string[] },
  { kind: 'prompt', options: ['--virtual-tokens', '6'] },
])('a voice of the kind $kind', ({ kind, options }) => {
  it('is trained, proved, used, exported, imported, gone on from and deleted', async () => {
    const trained = await terminal.ok<Trained>(['train', ...QUICK, '--kind', kind, ...options, '--lr', '0.1'])
    expect(trained.proof.voice).toBeGreaterThan(0)
    expect(trained.proof.voice).not.toBeCloseTo(trained.proof.base as number, 3)
    expect(existsSync(path.join(terminal.data, 'runs', trained.voice, 'merged'))).toBe(false)
    const file = path.join(terminal.data, 'voices', `${trained.voice}.gguf`)
    expect(readVoiceFile(file).kind).toBe(kind)
    expect(prefixOfVoice(readVoiceFile(file))).toBe(kind === 'prompt' ? 6 : 0)
    const { voices } = await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])
    expect(voices.find(({ id }) => id === trained.voice)).toMatchObject({ kind, usable: true })

    const written = await headline(terminal, trained.voice)
    expect(await headline(terminal, trained.voice)).toEqual(written)
    expect(written).not.toEqual(await headline(terminal, 'none'))

    const away = path.join(root, `${kind}.gguf`)
    await terminal.ok(['voices', 'export', trained.voice, away])
    const { voice } = await elsewhere.ok<{ voice: Voice }>(['voices', 'import', away])
    expect(voice).toMatchObject({ kind, usable: true })
    expect((await headline(elsewhere, voice.id)).candidates).toEqual(written.candidates)

    const next = await terminal.ok<Trained>(['train', ...QUICK, '--from', trained.voice])
    expect(readVoiceFile(path.join(terminal.data, 'voices', `${next.voice}.gguf`)).kind).toBe(kind)

    for (const id of [trained.voice, next.voice]) await terminal.ok(['voices', 'remove', id])
    const left = readdirSync(path.join(terminal.data, 'voices'), { recursive: true })
    expect(left.filter((name) => String(name).endsWith('.gguf'))).toEqual([])
  }, 600_000)
})

describe('options', () => {
  it('of one kind are refused with another, and an unknown kind by name', async () => {
    for (const [args, message] of [
      [['--kind', 'ia3', '--rank', '4'], /of the kind ia3 has no rank/],
      [['--kind', 'prompt', '--targets', 'q'], /of the kind prompt has no targets/],
      [['--virtual-tokens', '4'], /of the kind lora has no virtualTokens/],
      [['--kind', 'prefix'], /"prefix" is no kind/],
    ] as const) {
      const { code, stderr } = await terminal.run(['train', ...args])
      expect(code).toBe(1)
      expect(stderr).toMatch(message)
    }
  }, 300_000)
})
