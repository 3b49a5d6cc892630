/** How a voice is trained and used by options of the terminal: targets, rsLoRA, LoRA+, going on, several at once. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256OfContent } from '../../main/adapters/share-voice.ts'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import type { RunPlan } from '../../main/trainer/types.ts'
import type { Voice } from '../../preload/contract.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const folder = writing(path.join(root, 'writing'), 12, 120)
const terminal = terminalOn(root)
const QUICK = ['--tasks', 'headline', '--epochs', '1', '--batch', '16', '--threads', '1']

const planOf = (run: string, part = ''): RunPlan =>
  JSON.parse(readFileSync(path.join(terminal.data, 'runs', run, part, 'plan.json'), 'utf8')) as RunPlan
const voiceOf = async (id: string): Promise<Voice> => {
  const { voices } = await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])
  return voices.find((voice) => voice.id === id) as Voice
}
const fails = async (args: string[]): Promise<string> => {
  const { code, stderr } = await terminal.run(args)
  expect(code).toBe(1)
  return stderr
}

let first = ''
beforeAll(async () => {
  await terminal.ok(['models', 'add', base])
  await terminal.ok(['import', folder])
  const adapter = ['--targets', 'all', '--rank', '4', '--alpha', '6', '--rslora', '--lora-plus', '4']
  first = (await terminal.ok<{ voice: string }>(['train', ...QUICK, ...adapter, '--name', 'First'])).voice
}, 300_000)

describe('train', () => {
  it('takes all targets, rsLoRA and LoRA+ into the plan, the file and the card', async () => {
    const all = ['q', 'k', 'v', 'o', 'gate', 'up', 'down']
    expect(planOf(first).settings).toMatchObject({ rank: 4, alpha: 6, rslora: true, lrRatioB: 4, targets: all })
    const file = readVoiceFile(path.join(terminal.data, 'voices', `${first}.gguf`))
    // llama.cpp multiplies by alpha / rank: 12 / 4 = 6 / √4.
    expect(file).toMatchObject({ alpha: 12, rank: 4, targets: all })
    expect(new Set(file.tensors.map(({ name }) => name.split('.')[2]))).toHaveLength(7)
    expect(await voiceOf(first)).toMatchObject({ rank: 4, alpha: 6, rslora: true, loraPlus: 4, targets: all })
  })

  it('is written as one file, or as a folder for PEFT that says what it needs', async () => {
    const out = path.join(root, 'peft')
    const { file, needs } = await terminal.ok<{ file: string; needs: object }>([
      ...['voices', 'export', first, out, '--format', 'peft'],
    ])
    expect([file, needs]).toEqual([out, { base: 'tiny-5', taskAdapter: null }])
    expect(readFileSync(path.join(out, 'README.md'), 'utf8')).toContain('tiny-5')
    expect(await fails(['voices', 'export', first, out, '--format', 'zip'])).toContain('--format takes gguf or peft')
  })

  it('goes on from a voice with what that was trained with; its control does not', async () => {
    const { voice } = await terminal.ok<{ voice: string }>(['train', ...QUICK, '--from', first, '--name', 'Second'])
    const plan = planOf(voice)
    const file = path.join(terminal.data, 'voices', `${first}.gguf`)
    expect(plan.settings).toMatchObject({ rank: 4, alpha: 6, rslora: true, targets: planOf(first).settings.targets })
    expect(plan.settings.lrRatioB).toBeUndefined()
    const { createdAt } = planOf(first)
    expect(plan.lineage).toEqual([{ name: 'First', sha256: sha256OfContent(file), createdAt }])
    expect(await voiceOf(voice)).toMatchObject({ lineage: plan.lineage })
    expect(planOf(voice, 'control').lineage).toBeUndefined()
  }, 300_000)

  it('names both sides where an option, or the base, is not the voice’s', async () => {
    expect(await fails(['train', '--from', first, '--rank', '8'])).toContain(
      `rank is 4 in the voice ${first}, and 8 was given`,
    )
    expect(await fails(['train', '--from', first, '--targets', 'q,v'])).toContain(
      `targets is q,k,v,o,gate,up,down in the voice ${first}, and q,v was given`,
    )
    expect(await fails(['train', '--from', 'nobody'])).toContain('there is no voice "nobody"')
    expect(await fails(['train', '--kind', 'ia3', '--lora-plus', '4'])).toContain('kind ia3 has no loraPlus')
    expect(await fails(['train', '--lora-plus', '0'])).toContain('--lora-plus takes a number from 0.001 to 1000')
    const other = tinyBase(root, 6)
    await terminal.ok(['models', 'add', other])
    const refused = await fails(['train', '--from', first])
    for (const file of [base, other]) expect(refused).toContain(sha256OfContent(file))
    await terminal.ok(['models', 'use', 'tiny-5'])
    expect(existsSync(path.join(terminal.data, 'runs', `${first.slice(0, -1)}3`))).toBe(false)
  }, 300_000)
})

describe('several voices at once', () => {
  const ids: string[] = []
  const chat = async (...args: string[]) => {
    const options = ['--no-retrieval', '--seed', '1', '--max-tokens', '12', ...args]
    return terminal.ok<{ text: string; voice: string | null }>(['chat', 'What now?', ...options])
  }
  beforeAll(async () => {
    for (const seed of [1, 2]) {
      const file = path.join(root, `strong-${seed}.gguf`)
      randomVoice(file, base, { seed, deviation: 0.5 })
      ids.push((await terminal.ok<{ voice: Voice }>(['voices', 'import', file])).voice.id)
    }
  }, 300_000)

  it('write together, each by its weight', async () => {
    const [a, b] = ids as [string, string]
    const mixed = await chat('--voice', `${a}:0.7`, '--voice', `${b}:0.3`)
    expect(mixed.voice).toBe(`${a}:0.7+${b}:0.3`)
    const alone = await chat('--voice', a)
    expect(mixed.text).not.toBe(alone.text)
    expect(await chat('--voice', `${a}:1`, '--voice', `${b}:0`)).toMatchObject({ text: alone.text })
    expect((await chat('--voice', `${a}:0.5`, '--scale', '2')).text).toBe(
      (await chat('--voice', a, '--scale', '1')).text,
    )
    expect((await chat('--voice', `${a}:0`)).text).toBe((await chat('--voice', 'none')).text)
    const headline = ['headline', path.join(folder, 'piece-11.md'), '--seed', '1', '--max-tokens', '6', '--count', '2']
    const together = await terminal.ok([...headline, '--voice', `${a}:0.7`, '--voice', `${b}:0.3`])
    expect(together).not.toEqual(await terminal.ok([...headline, '--voice', a]))
  }, 300_000)

  it('refuses none beside others, a weight that is no number, a voice that is not there', async () => {
    const [a] = ids as [string]
    expect(await fails(['chat', 'Hm?', '--voice', a, '--voice', 'none'])).toContain('none was given beside')
    expect(await fails(['chat', 'Hm?', '--voice', `${a}:much`])).toContain('--voice takes a number from -4 to 4')
    expect(await fails(['chat', 'Hm?', '--voice', a, '--voice', 'nobody:0.5'])).toContain('no voice "nobody"')
  }, 300_000)
})
