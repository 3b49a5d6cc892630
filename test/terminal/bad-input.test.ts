import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256OfFile } from '../../main/catalog/files.ts'
import type { ModelInfo, Voice } from '../../preload/contract.ts'
import { writeFiles } from '../helpers/library.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { filesBelow, halfWritten, type Ran, type RunOptions, terminalOn, tinyBase, writing } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const terminal = terminalOn(root)
const folder = writing(path.join(root, 'writing'), 3)
const piece = path.join(folder, 'piece-00.md')

/** Expects a refusal: one clear sentence on stderr, no stack, and with --json the same in one object. */
async function refused(args: string[], words: RegExp, options: RunOptions = {}, on = terminal): Promise<Ran> {
  const ran = await on.run(['--json', ...args], options)
  const said = `idiolect ${args.join(' ')}: ${ran.stderr}`
  expect(ran.code, said).toBe(1)
  expect(ran.stderr, said).toMatch(words)
  expect(ran.stderr, said).not.toMatch(/\n\s+at |node:internal|undefined|\[object/)
  const { error } = ran.json<{ error: { name: string; message: string; next: string | null } }>()
  expect(error.message).toMatch(words)
  expect(Object.keys(error)).toEqual(['name', 'message', 'next'])
  return ran
}

beforeAll(async () => {
  await terminal.ok(['models', 'add', base])
})

describe('an import', () => {
  it('of an empty or a missing folder says so', async () => {
    const empty = path.join(root, 'empty')
    mkdirSync(empty)
    await refused(['import', empty], /There are no files in .*empty/)
    await refused(['import', path.join(root, 'nowhere')], /nowhere does not exist/)
  })

  it('of a folder of pictures names the first one and why', async () => {
    const pictures = writeFiles(path.join(root, 'pictures'), { 'a.jpg': 'x', 'b.png': 'y', 'c.gif': 'z' })
    await refused(
      ['import', pictures],
      /None of the files .*a\.jpg: files of this kind \(\.jpg\) are not read.* and 2 more/,
    )
  })

  it('of a text of 200 MB skips it by its size, and takes the others', async () => {
    const huge = path.join(root, 'huge', 'all-my-mail.txt')
    mkdirSync(path.dirname(huge))
    writeFileSync(huge, '')
    truncateSync(huge, 200_000_000)
    await refused(
      ['import', path.dirname(huge)],
      /all-my-mail\.txt: it has 200\.0 MB, and files over 20\.0 MB are not read/,
    )
    const { documents, skipped } = await terminal.ok<{
      documents: number
      skipped: { path: string; reason: string }[]
    }>(['import', path.dirname(huge), piece])
    expect(documents).toBe(1)
    expect(skipped).toEqual([{ path: huge, reason: expect.stringContaining('200.0 MB') }])
  })

  it('of broken UTF-8 and broken front matter takes the whole ones and gives the reasons', async () => {
    const mixed = writeFiles(path.join(root, 'mixed'), {
      'latin.md': Buffer.from([0x47, 0x72, 0xc3, 0x28, 0x61, 0xff, 0xfe, 0x80, 0x81, 0x62]),
      'matter.md': '---\ntitle: "never closed\ntags: [a, b\n---\n\nA text stands here and is long enough.\n',
      'good.md': '---\ntitle: A good one\n---\n\nA text stands here and is long enough.\n',
    })
    const { documents, skipped } = await terminal.ok<{
      documents: number
      skipped: { path: string; reason: string }[]
    }>(['import', mixed])
    expect(documents).toBe(1)
    const reasons = new Map(skipped.map((file) => [path.basename(file.path), file.reason]))
    expect(reasons.get('latin.md')).toMatch(/UTF-8/)
    expect(reasons.get('matter.md')).toMatch(/front matter/)
    await refused(['import', path.join(mixed, 'latin.md')], /latin\.md: .*UTF-8/)
    await refused(['import', path.join(mixed, 'matter.md')], /matter\.md: .*front matter/)
  })
})

describe('a model', () => {
  const listed = async (): Promise<string[]> =>
    (await terminal.ok<{ models: ModelInfo[] }>(['models', 'list'])).models.map(({ id }) => id)

  it('that is cut short, foreign, a voice or not there is refused, and the list stays as it was', async () => {
    const before = await listed()
    const bytes = readFileSync(base)
    const cut = path.join(root, 'cut.gguf')
    writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)))
    const foreign = path.join(root, 'foreign.gguf')
    writeFileSync(foreign, 'PK\u0003\u0004 this is no model at all, whatever its name says')
    const headless = path.join(root, 'headless.gguf')
    writeFileSync(headless, bytes.subarray(0, 40))
    const voice = path.join(root, 'a-voice.gguf')
    randomVoice(voice, base)
    await refused(['models', 'add', cut], /cut\.gguf cannot be used: .*(ends|bytes)/)
    await refused(['models', 'add', headless], /headless\.gguf cannot be used/)
    await refused(['models', 'add', foreign], /foreign\.gguf cannot be used: .*instead of "GGUF"/)
    await refused(['models', 'add', voice], /is a voice \(an adapter\), not a model/)
    await refused(['models', 'add', path.join(root, 'nowhere.gguf')], /nowhere\.gguf does not exist/)
    await refused(['models', 'add', root], /is not a file/)
    await refused(['models', 'add', base, '--as', 'embedder'], /writes text .* and is no embedder/)
    await refused(['models', 'add', base, '--as', 'poet'], /--as takes chat or embedder, not "poet"/)
    expect(await listed()).toEqual(before)
  })

  it('that is missing or changed is named, and nothing is written with it', async () => {
    const other = terminalOn(root, 'missing')
    await refused(['headline', piece], /no base model is installed/, {}, other)
    await refused(['train'], /no base model is installed/, {}, other)
    await refused(['chat', 'Hello'], /no base model is installed/, {}, other)
    const file = path.join(root, 'mine.gguf')
    copyFileSync(base, file)
    await other.ok(['models', 'add', file])
    renameSync(file, `${file}.away`)
    await refused(['headline', piece], /mine cannot be used: .*mine\.gguf is not there any more/, {}, other)
    await refused(['models', 'use', 'mine'], /mine/, {}, other)
    await refused(['train', '--base', 'mine'], /mine\.gguf is not there any more/, {}, other)
    writeFileSync(file, 'changed')
    await refused(['headline', piece], /mine\.gguf has changed; add it again/, {}, other)
    await refused(['models', 'use', 'smollm2-135m-instruct-q4_1'], /is not on this machine yet/, {}, other)
  })
})

describe('a voice', () => {
  it('of another base is kept, and not used: both hashes are named', async () => {
    const another = tinyBase(root, 6)
    const file = path.join(root, 'foreign-voice.gguf')
    randomVoice(file, another)
    const { voice } = await terminal.ok<{ voice: Voice }>(['voices', 'import', file])
    expect(voice).toMatchObject({ usable: false, active: false })
    const hashes = new RegExp(`${await sha256OfFile(another)}.*${await sha256OfFile(base)}`)
    expect(voice.whyNot).toMatch(hashes)
    await refused(['voices', 'use', voice.id], hashes)
    await refused(['headline', piece, '--voice', voice.id], hashes)
    await refused(['chat', 'Hello', '--voice', voice.id], hashes)
    await terminal.ok(['voices', 'remove', voice.id])
  })

  it('that is none is refused: a model, a torn file, a text', async () => {
    const before = filesBelow(path.join(terminal.data, 'voices'))
    const whole = path.join(root, 'whole-voice.gguf')
    randomVoice(whole, base)
    const torn = path.join(root, 'torn-voice.gguf')
    writeFileSync(torn, readFileSync(whole).subarray(0, 3000))
    await refused(['voices', 'import', base], /is no usable voice/)
    await refused(['voices', 'import', torn], /torn-voice\.gguf/)
    await refused(['voices', 'import', piece], /piece-00\.md/)
    await refused(['voices', 'import', path.join(root, 'nowhere.gguf')], /nowhere\.gguf/)
    expect((await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])).voices).toEqual([])
    expect(filesBelow(path.join(terminal.data, 'voices'))).toEqual(before)
  })

  it('is not exported over another file', async () => {
    const file = path.join(root, 'export-me.gguf')
    randomVoice(file, base)
    const { voice } = await terminal.ok<{ voice: Voice }>(['voices', 'import', file])
    await refused(['voices', 'export', voice.id, piece], /piece-00\.md is there and is no voice/)
    await refused(['voices', 'export', voice.id, path.join(root, 'no', 'such', 'v.gguf')], /v\.gguf cannot be written/)
    await terminal.ok(['voices', 'remove', voice.id])
  })
})

describe('a training', () => {
  it('on too few pieces is refused, and leaves no run behind', async () => {
    await terminal.ok(['import', folder])
    await refused(['train'], /pieces are too few to train on: at least 8 are needed/)
    expect(existsSync(path.join(terminal.data, 'runs'))).toBe(false)
  })

  it('that is refused leaves the base in use as it was', async () => {
    await terminal.ok(['models', 'add', tinyBase(root, 6)])
    await terminal.ok(['models', 'use', 'tiny-5'])
    await refused(['train', '--base', 'tiny-6'], /too few/)
    const { models } = await terminal.ok<{ models: ModelInfo[] }>(['models', 'list'])
    expect(models.filter(({ inUse }) => inUse).map(({ id }) => id)).toEqual(['tiny-5'])
  })
})

describe('a wrong option', () => {
  const lamp = path.join(root, 'lamp.json')
  const poem = path.join(root, 'poem.json')
  beforeAll(() => {
    const user = {
      user_id: 'ann',
      profile: [{ id: 'a', text: 'A text of some words.', title: 'A title' }],
      queries: [{ id: 'q', input: 'Another text.', gold: 'Another' }],
    }
    writeFileSync(lamp, JSON.stringify({ task: 'headline', users: [user] }))
    writeFileSync(poem, JSON.stringify({ task: 'poem', users: [user] }))
  })

  const cases: [string[], RegExp][] = [
    [['train', '--rank', '0'], /--rank takes a whole number from 1 to 256, not "0"/],
    [['train', '--rank', '2.5'], /--rank takes a whole number .* not "2\.5"/],
    [['train', '--alpha', 'much'], /--alpha takes a number .* not "much"/],
    [['train', '--lr', '-1'], /--lr takes a number .* not "-1"/],
    [['train', '--epochs', ''], /--epochs takes a whole number .* not ""/],
    [['train', '--seed', '-1'], /--seed takes a whole number/],
    [['train', '--threads', '0'], /--threads takes a whole number/],
    [['train', '--max-tokens', '8'], /--max-tokens takes a whole number from 32/],
    [['train', '--targets', 'q,z'], /"z" is no target/],
    [['train', '--targets', ''], /no target was given/],
    [['train', '--tasks', 'poetry'], /"poetry" is no task/],
    [['train', '--tasks', ''], /no task was given/],
    [['train', '--base', 'nobody'], /There is no model "nobody"/],
    [['train', '--resume', 'never'], /there is no run "never"; there are: none/],
    [['train', '--resume', '../../etc'], /there is no run "\.\.\/\.\.\/etc"/],
    [['train', '--resume', 'never', '--rank', '2'], /--resume goes on with the plan of "never", and takes no rank/],
    [['train', '--rank'], /option '--rank <n>' argument missing/],
    [['train', '--speed', '9'], /unknown option '--speed'/],
    [['search', 'x', '-k', '0'], /-k takes a whole number from 1 to 100, not "0"/],
    [['search', 'harbour', '--before', 'yesterday'], /"yesterday" is no date/],
    [['search', ' '], /there is nothing to search for/],
    [['headline', path.join(root, 'nowhere.md')], /nowhere\.md cannot be read: it does not exist/],
    [['headline', base], /cannot be read: files of this kind \(\.gguf\) are not read/],
    [['headline', '-'], /standard input cannot be read: it is empty/],
    [['headline', piece, '--voice', 'nobody'], /there is no voice "nobody"; there are: none/],
    [['headline', piece, '--scale', '-1'], /--scale takes a number from 0 to 4, not "-1"/],
    [['headline', piece, '--max-tokens', '0'], /--max-tokens takes a whole number/],
    [['chat', ' '], /there is nothing to answer/],
    [['chat', 'Hello', '--conversation', 'none'], /there is no conversation "none"/],
    [['voices', 'use', 'nobody'], /there is no voice "nobody"/],
    [['voices', 'remove', 'nobody'], /there is no voice "nobody"/],
    [['voices', 'export', 'nobody', 'file.gguf'], /there is no voice "nobody"/],
    [['models', 'use', 'nobody'], /There is no model "nobody"/],
    [['models', 'get', 'nobody'], /There is no model "nobody"/],
    [['lamp', 'run', path.join(root, 'nowhere.json')], /nowhere\.json cannot be read/],
    [['lamp', 'run', poem], /its task is "poem", and only headline, tag, rating and prose can be run/],
    [['lamp', 'run', lamp, '--methods', 'magic'], /There is no method "magic"/],
    [['lamp', 'run', lamp, '--methods', ''], /--methods was given an empty list/],
    [['lamp', 'run', lamp, '--users', 'bob'], /has no user "bob"/],
    [['lamp', 'run', lamp, '--users', ''], /--users was given an empty list/],
    [
      ['lamp', 'run', lamp, '--methods', 'other'],
      /needs the voices of 2 or more users, and .*lamp\.json has 1 \(ann\)/,
    ],
    [['serve', '--port', '70000'], /--port takes a whole number from 0 to 65535/],
    [['import'], /missing required argument 'paths'/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['models', 'frobnicate'], /unknown command 'frobnicate'/],
  ]

  it.each(cases)('%j', async (args, words) => {
    await refused(args, words)
  })

  it('leaves nothing half-written', () => {
    expect(halfWritten(terminal.data)).toEqual([])
    expect(existsSync(path.join(terminal.data, 'runs'))).toBe(false)
  })
})

describe('a second start on a data folder', () => {
  it('is refused while a host holds it, and possible again when that has ended', async () => {
    let served: import('node:child_process').ChildProcess | null = null
    let address = ''
    const serving = terminal.run(['serve', '--port', '0'], {
      onStart: (child) => {
        served = child
        child.stdout?.on('data', (text: string) => {
          address += text
        })
      },
    })
    await expect.poll(() => address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//)
    const { pid } = served as unknown as { pid: number }
    const busy = new RegExp(`The data folder .* is in use by process ${pid}`)
    await refused(['import', folder], busy)
    await refused(['train'], busy)
    await refused(['serve', '--port', '0'], /^Idiolect is open already: http:\/\/127\.0\.0\.1:\d+\/#token=/)
    await refused(['lamp', 'run', path.join(root, 'lamp.json'), '--methods', 'base'], busy)
    expect((await terminal.run(['doctor'])).code).toBe(0)
    process.kill(pid, 'SIGTERM')
    expect((await serving).code).toBe(0)
    await terminal.ok(['models', 'list'])
  })

  it('tells where it serves as one object, with --json', async () => {
    let said = ''
    const serving = terminal.run(['--json', 'serve', '--port', '0'], {
      onStart: (child) => {
        child.stdout?.on('data', (text: string) => {
          said += text
          if (said.endsWith('}\n')) child.kill('SIGTERM')
        })
      },
    })
    const served = (await serving).json<{ address: string; port: number }>()
    expect(served).toEqual({
      address: expect.stringContaining(`http://127.0.0.1:${served.port}/`),
      port: expect.any(Number),
    })
  })

  it('is refused on a data folder that is a file', async () => {
    const file = path.join(root, 'a-file')
    writeFileSync(file, 'not a folder')
    await refused(['models', 'list'], /a-file/, {}, terminalOn(root, 'a-file'))
    expect(readFileSync(file, 'utf8')).toBe('not a folder')
  })
})

/** A small disk of its own. */
const disk = path.join(root, 'disk')
function mountDisk(): void {
  mkdirSync(disk, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=14m', 'tmpfs', disk], { stdio: 'ignore' })
}
const unmountDisk = (): void => void execFileSync('umount', [disk])
/** Whether this process may mount one. Nothing stays mounted: these tests may not be among those that are asked for. */
function mayMount(): boolean {
  try {
    mountDisk()
    unmountDisk()
    return true
  } catch {
    return false
  }
}

describe.skipIf(!mayMount())('a full disk', () => {
  beforeAll(mountDisk)
  afterAll(unmountDisk)
  const on = terminalOn(disk, 'data')
  const filler = path.join(disk, 'filler')
  /** Takes all but `free` bytes of the disk. */
  const fill = (free: number): void => {
    const spare = Buffer.alloc(64 * 1024)
    const fd = openSync(filler, 'w')
    try {
      for (;;) {
        // Until the disk says no.
        writeFileSync(fd, spare)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(fd)
    }
    truncateSync(filler, Math.max(0, statSync(filler).size - free))
  }
  const TRAIN = ['train', '--tasks', 'headline', '--epochs', '1', '--rank', '64', '--targets', 'all', '--threads', '1']

  it('ends an import with a sentence; with room again, the next one ends it', async () => {
    await on.ok(['models', 'add', base])
    const many = writing(path.join(root, 'many'), 30, 900)
    fill(200_000)
    await refused(['import', many], /is full/, {}, on)
    rmSync(filler)
    const { documents, unchanged } = await on.ok<{ documents: number; unchanged: number }>(['import', many])
    expect(documents + unchanged).toBe(30)
  })

  // Room for the run's beginning, and for all but its checkpoint.
  it.each([150_000, 700_000])(
    'ends a training with %i bytes left, and leaves no voice and nothing half-written',
    async (free) => {
      fill(free)
      const { stderr } = await refused(TRAIN, /full|no space|cannot be written/i, {}, on)
      expect(stderr).not.toMatch(/unhandled|uncaught/i)
      rmSync(filler)
      expect((await on.ok<{ voices: Voice[] }>(['voices', 'list'])).voices).toEqual([])
      expect(halfWritten(on.data)).toEqual([])
      const files = filesBelow(path.join(on.data, 'runs'))
      expect(files.filter((file) => file.endsWith('voice.gguf') || file.endsWith('result.json'))).toEqual([])
    },
    120_000,
  )

  it('has a training go on when there is room again', async () => {
    const [run] = readdirSync(path.join(on.data, 'runs'))
    expect(await on.ok(['train', '--resume', String(run)])).toMatchObject({ run, voice: run })
  }, 300_000)

  it('ends an export, and leaves nothing of it', async () => {
    const [voice] = (await on.ok<{ voices: Voice[] }>(['voices', 'list'])).voices
    fill(Number(voice?.bytes) / 2)
    const target = path.join(disk, 'exported.gguf')
    const words = /exported\.gguf cannot be written: .*no space/i
    await refused(['voices', 'export', String(voice?.id), target], words, {}, on)
    rmSync(filler)
    expect(filesBelow(disk).filter((file) => file.includes('exported'))).toEqual([])
  })
})
