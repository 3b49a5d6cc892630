import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import type { ModelInfo, Voice } from '../../preload/contract.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { shared } from '../helpers/shared.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { halfWritten, idiolect, terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const folder = writing(path.join(root, 'writing'), 12)
const terminal = terminalOn(root)
const TRAIN = [
  'train',
  '--epochs',
  '1',
  '--batch',
  '16',
  '--rank',
  '2',
  '--threads',
  '1',
  '--max-tokens',
  '512',
  '--seed',
  '3',
]

interface Trained {
  run: string
  voice: string
  base: string
  active: boolean
  proof: Record<string, number>
}
interface Written {
  candidates: string[]
  sources: { document: string; title: string; path: string; date: string | null }[]
}

beforeAll(async () => {
  await terminal.ok(['models', 'add', base])
})

describe('models', () => {
  it('lists what there is, the one in use marked', async () => {
    const { models } = await terminal.ok<{ models: ModelInfo[] }>(['models', 'list'])
    const starter = models.find(({ id }) => id === 'smollm2-135m-instruct-q4_1')
    expect(starter).toMatchObject({ role: 'chat', origin: 'catalog', installed: false, inUse: false })
    expect(models.find(({ id }) => id === 'tiny-5')).toMatchObject({
      role: 'chat',
      origin: 'file',
      installed: true,
      inUse: true,
      path: base,
      trainable: true,
      whyNot: null,
      architecture: 'llama',
    })
  })

  it('prints lines without --json, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await terminal.run(['models', 'list'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^\* tiny-5 +chat/m)
    expect(stdout).toMatch(/^ {2}smollm2-135m-instruct-q4_1/m)
  })
})

describe('import and search', () => {
  it('imports a folder, then only what changed', async () => {
    writeFileSync(path.join(folder, 'picture.jpg'), Buffer.from([0xff, 0xd8, 0xff]))
    const first = await terminal.ok<{ documents: number; passages: number; unchanged: number; skipped: object[] }>([
      'import',
      folder,
    ])
    expect(first).toMatchObject({ documents: 12, unchanged: 0 })
    expect(first.passages).toBeGreaterThanOrEqual(12)
    expect(first.skipped).toEqual([
      { path: path.join(folder, 'picture.jpg'), reason: expect.stringContaining('not read') },
    ])
    expect(await terminal.ok(['import', folder])).toMatchObject({ documents: 0, passages: 0, unchanged: 12 })
  })

  it('keeps progress on stderr', async () => {
    const { code, stdout, stderr } = await terminal.run(['import', folder])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^0 pieces read, 12 unchanged, 0 passages\nskipped .*picture\.jpg: /)
    // Only what takes seconds shows progress, and never on stdout.
    expect(stdout).not.toMatch(/Finding files/)
    expect(stderr).not.toMatch(/pieces read/)
  })

  it('finds passages with document, path, date, text and score', async () => {
    const { passages } = await terminal.ok<{ passages: Record<string, unknown>[] }>([
      'search',
      'harbour ledger',
      '-k',
      '3',
    ])
    expect(passages).toHaveLength(3)
    for (const passage of passages) {
      expect(Object.keys(passage).sort()).toEqual(['date', 'document', 'path', 'score', 'text'])
      expect(String(passage.path).startsWith(folder)).toBe(true)
      expect(passage.date).toMatch(/^2024-\d\d-\d\d$/)
      expect(passage.score).toBeGreaterThan(0)
    }
  })

  it('searches only what was written before a date', async () => {
    const { passages } = await terminal.ok<{ passages: { date: string }[] }>([
      'search',
      'harbour',
      '-k',
      '50',
      '--before',
      '2024-01-15',
    ])
    expect(new Set(passages.map(({ date }) => date))).toEqual(new Set(['2024-01-01', '2024-01-08']))
  })
})

describe('train, voices, headline, chat', () => {
  let trained: Trained
  let progress = ''
  const piece = path.join(folder, 'piece-11.md')

  beforeAll(async () => {
    const ran = await terminal.run(['--json', ...TRAIN])
    expect(ran.stderr).not.toBe('')
    expect(ran.code, ran.stderr).toBe(0)
    trained = ran.json<Trained>()
    progress = ran.stderr
  }, 300_000)

  it('reports the run, the voice, what it cost, and its proof', async () => {
    expect(trained).toEqual({
      run: expect.stringMatching(/^\d{4}-\d\d-\d\d-1$/),
      voice: trained.run,
      base: 'tiny-5',
      steps: expect.any(Number),
      tokens: expect.any(Number),
      seconds: expect.any(Number),
      tokensPerSecond: expect.any(Number),
      peakMemoryBytes: expect.any(Number),
      proof: expect.any(Object),
      active: expect.any(Boolean),
    })
    for (const name of ['queries', 'base', 'voice', 'other', 'baseWithRetrieval', 'voiceWithRetrieval']) {
      expect(trained.proof[name], name).toBeGreaterThan(0)
    }
    expect(progress).toContain(`run ${trained.run}\n`)
    const run = path.join(terminal.data, 'runs', trained.run)
    for (const file of ['plan.json', 'examples.bin', 'log.jsonl', 'voice.gguf', 'proof.json'])
      expect(existsSync(path.join(run, file)), file).toBe(true)
    const plan = JSON.parse(readFileSync(path.join(run, 'plan.json'), 'utf8')) as { settings: object }
    expect(plan.settings).toMatchObject({ epochs: 1, batch: 16, rank: 2, alpha: 2, threads: 1, seed: 3 })
    expect(halfWritten(terminal.data)).toEqual([])
  })

  it('lists the voice, switched on only when it won', async () => {
    const { voices } = await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])
    expect(voices).toHaveLength(1)
    expect(voices[0]).toMatchObject({
      id: trained.voice,
      run: trained.run,
      base: 'tiny-5',
      usable: true,
      rank: 2,
      targets: ['q', 'v'],
      active: trained.active,
      won: trained.active,
    })
  })

  it('refuses to resume what is done', async () => {
    const { code, stderr } = await terminal.run(['train', '--resume', trained.run])
    expect(code).toBe(1)
    expect(stderr).toContain(`the run ${trained.run} is done`)
  })

  it('switches a voice on and off', async () => {
    expect(await terminal.ok(['voices', 'use', trained.voice])).toEqual({ active: trained.voice })
    expect((await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])).voices[0]?.active).toBe(true)
    expect(await terminal.ok(['voices', 'use', 'none'])).toEqual({ active: null })
    expect((await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])).voices[0]?.active).toBe(false)
  })

  it('exports a voice that another data folder imports and uses', async () => {
    const file = path.join(root, 'voice.gguf')
    const exported = await terminal.ok<{ file: string; bytes: number }>(['voices', 'export', trained.voice, file])
    const needs = { base: 'tiny-5', taskAdapter: null }
    expect(exported).toEqual({ file, bytes: readFileSync(file).length, needs })
    expect(readVoiceFile(file)).toMatchObject({ baseName: 'tiny-5', rank: 2 })
    const other = terminalOn(root, 'other')
    await other.ok(['models', 'add', base])
    const { voice } = await other.ok<{ voice: Voice }>(['voices', 'import', file])
    expect(voice).toMatchObject({ usable: true, active: false, base: 'tiny-5', won: null, rank: 2 })
    const written = await other.ok<Written>([
      'headline',
      piece,
      '--voice',
      voice.id,
      '--seed',
      '1',
      '--max-tokens',
      '6',
    ])
    const here = await terminal.ok<Written>([
      'headline',
      piece,
      '--voice',
      trained.voice,
      '--seed',
      '1',
      '--max-tokens',
      '6',
      '--no-retrieval',
    ])
    expect(written.candidates).toEqual(here.candidates)
    expect(await other.ok(['voices', 'remove', voice.id])).toEqual({ removed: true })
    expect((await other.ok<{ voices: Voice[] }>(['voices', 'list'])).voices).toEqual([])
    expect(existsSync(file)).toBe(true)
  })

  it('writes headlines with their sources, the same for the same seed, others for another', async () => {
    const args = ['headline', piece, '--voice', 'none', '--max-tokens', '8', '--count', '3']
    const first = await terminal.ok<Written>([...args, '--seed', '1'])
    expect(Object.keys(first).sort()).toEqual(['candidates', 'sources'])
    expect(first.candidates.length).toBeGreaterThan(1)
    for (const text of first.candidates) expect(text.trim()).not.toBe('')
    expect(first.sources).toHaveLength(4)
    for (const source of first.sources) {
      expect(source).toMatchObject({ path: expect.stringMatching(/piece-\d\d\.md$/), date: expect.any(String) })
      expect(source.path).not.toBe(piece)
    }
    expect(await terminal.ok<Written>([...args, '--seed', '1'])).toEqual(first)
    expect((await terminal.ok<Written>([...args, '--seed', '2'])).candidates).not.toEqual(first.candidates)
    expect((await terminal.ok<Written>([...args, '--seed', '1', '--no-retrieval'])).sources).toEqual([])
  })

  it('writes at scale 0 what it writes without a voice, and something else at scale 1', async () => {
    // Far stronger than one epoch makes a voice.
    const file = path.join(root, 'strong.gguf')
    randomVoice(file, base, { deviation: 1 })
    const { voice } = await terminal.ok<{ voice: Voice }>(['voices', 'import', file])
    const args = ['headline', piece, '--seed', '1', '--max-tokens', '8', '--count', '1', '--no-retrieval']
    const { candidates } = await terminal.ok<Written>([...args, '--voice', 'none'])
    const at = async (scale: string) =>
      (await terminal.ok<Written>([...args, '--voice', voice.id, '--scale', scale])).candidates
    expect(await at('0')).toEqual(candidates)
    expect(await at('1')).not.toEqual(candidates)
    await terminal.ok(['voices', 'remove', voice.id])
  })

  it('reads a piece from standard input as from its file', async () => {
    const args = ['--voice', 'none', '--seed', '1', '--max-tokens', '6', '--count', '2', '--no-retrieval']
    const file = await terminal.ok<Written>(['headline', piece, ...args])
    const input = await terminal.ok<Written>(['headline', '-', ...args], { input: readFileSync(piece, 'utf8') })
    expect(input.candidates).toEqual(file.candidates)
  })

  it('answers in chat, and goes on with a conversation', async () => {
    const args = ['chat', 'What did the ledger say?', '--voice', 'none', '--seed', '1', '--max-tokens', '12']
    const first = await terminal.ok<{ conversation: string; text: string; voice: null; sources: object[] }>(args)
    expect(first.voice).toBeNull()
    expect(first.sources.length).toBeGreaterThan(0)
    const lines = await terminal.run([...args, '--conversation', first.conversation, '--no-retrieval'])
    expect(lines.code, lines.stderr).toBe(0)
    expect(lines.stdout.trim()).not.toBe('')
    expect(lines.stderr).toBe('')
  })
})

describe('lamp run', () => {
  const user = (id: string, from: number) => ({
    user_id: id,
    profile: Array.from({ length: 5 }, (_, n) => ({
      id: `${id}${n}`,
      text: `The kettle of ${id} sang ${from + n} times near the stair.`,
      title: `Kettle ${from + n}`,
      date: `2024-0${n + 1}-01`,
    })),
    queries: [0, 1, 2].map((n) => ({
      id: `${id}q${n}`,
      input: `A lamp of ${id} stood ${n} nights at the window.`,
      gold: `Lamp ${n}`,
      date: '2024-12-01',
    })),
  })

  it('scores the methods of each user, and does not change the base in use', async () => {
    const file = path.join(root, 'lamp.json')
    writeFileSync(file, JSON.stringify({ task: 'headline', users: [user('ann', 1), user('bob', 20)] }))
    await terminal.ok(['models', 'add', tinyBase(root, 6)])
    expect(await terminal.ok(['models', 'use', 'tiny-5'])).toMatchObject({ base: 'tiny-5' })
    const out = path.join(root, 'lamp')
    const methods = ['base', 'retrieval', 'voice', 'voice+retrieval', 'other']
    const args = [
      'lamp',
      'run',
      file,
      '--methods',
      methods.join(','),
      '--queries',
      '2',
      '--base',
      'tiny-6',
      '--threads',
      '1',
      '--epochs',
      '1',
      '--out',
      out,
    ]
    const result = await terminal.ok<{ users: Record<string, { methods: Record<string, object>; training: object }> }>(
      args,
    )
    expect(Object.keys(result.users)).toEqual(['ann', 'bob'])
    for (const { methods: scores, training } of Object.values(result.users)) {
      expect(Object.keys(scores).sort()).toEqual([...methods].sort())
      for (const name of methods)
        expect(scores[name], name).toMatchObject({ nll: expect.any(Number), tokens: expect.any(Number), queries: 2 })
      expect(training).toEqual({
        tokens: expect.any(Number),
        seconds: expect.any(Number),
        tokensPerSecond: expect.any(Number),
        peakMemoryBytes: expect.any(Number),
      })
    }
    const { models } = await terminal.ok<{ models: ModelInfo[] }>(['models', 'list'])
    expect(models.find(({ inUse, role }) => inUse && role === 'chat')?.id).toBe('tiny-5')
    // The same folder again computes nothing anew.
    expect(await terminal.ok(args)).toEqual(result)
  })
})

const authors = shared('data', 'raw')
describe.skipIf(authors === null)('the real authors', () => {
  // Without a model: what is tried here are the files.
  const bare = terminalOn(root, 'authors')

  it('are imported whole, found by their words, and read again only where they changed', async () => {
    const posts = path.join(String(authors), 'nullprogram-skeeto')
    type Report = { documents: number; passages: number; unchanged: number; skipped: object[] }
    const first = await bare.ok<Report>(['import', posts])
    expect(first.documents).toBeGreaterThan(50)
    expect(first.passages).toBeGreaterThan(first.documents)
    expect(await bare.ok(['import', posts])).toMatchObject({ documents: 0, unchanged: first.documents })
    const { passages } = await bare.ok<{ passages: { path: string; date: string }[] }>([
      'search',
      'memory allocation arena',
    ])
    expect(passages).toHaveLength(8)
    for (const { path: file, date } of passages) {
      expect(file.startsWith(posts)).toBe(true)
      expect(date).toMatch(/^\d{4}-\d\d-\d\d/)
    }
    const { stderr, code } = await bare.run(['train'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('no base model is installed')])
  })
})

describe('the rest', () => {
  it('doctor tells what this machine has', async () => {
    const report = await terminal.ok<{ node: string; missing: string[]; models: { id: string; installed: boolean }[] }>(
      ['doctor'],
    )
    expect(report.node).toBe(process.versions.node)
    expect(report.models).toContainEqual(expect.objectContaining({ id: 'tiny-5', installed: true }))
    expect(Array.isArray(report.missing)).toBe(true)
  })

  it('help and version end well, on stdout', async () => {
    const help = await idiolect(root, ['--help'])
    expect(help.code).toBe(0)
    for (const name of [
      'import',
      'search',
      'train',
      'voices',
      'headline',
      'tag',
      'rate',
      'draft',
      'score',
      'chat',
      'lamp',
      'models',
      'serve',
      'doctor',
    ])
      expect(help.stdout).toMatch(new RegExp(`^ +${name}\\b`, 'm'))
    const version = await idiolect(root, ['--version'])
    expect([version.code, version.stdout.trim()]).toEqual([0, '0.1.0'])
  })
})
