import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeAtomically } from '../main/atomic.ts'
import { temporaryFolder } from './helpers/temporary.ts'

/** What flushing a folder fails with. */
const trouble = vi.hoisted(() => ({ code: '', met: false }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  return {
    ...real,
    fsyncSync(fd: number) {
      if (trouble.code !== '' && real.fstatSync(fd).isDirectory()) {
        trouble.met = true
        throw Object.assign(new Error(trouble.code), { code: trouble.code })
      }
      real.fsyncSync(fd)
    },
  }
})
afterEach(() => {
  trouble.code = ''
  trouble.met = false
})

const folder = temporaryFolder()

describe('writeAtomically', () => {
  it('keeps the old file and no draft when writing fails', () => {
    const place = path.join(folder, 'atomic')
    mkdirSync(place)
    const target = path.join(place, 'file')
    writeFileSync(target, 'old')
    const fail = () =>
      writeAtomically(target, (append) => {
        append(Buffer.from('new'))
        throw new Error('in the middle')
      })
    expect(fail).toThrow('in the middle')
    expect(readFileSync(target, 'utf8')).toBe('old')
    expect(readdirSync(place)).toEqual(['file'])
  })

  it('replaces what a killed writer left behind', () => {
    const place = path.join(folder, 'killed')
    mkdirSync(place)
    const target = path.join(place, 'file')
    writeFileSync(`${target}.idiolect-part`, 'half of something longer')
    writeAtomically(target, (append) => append(Buffer.from('whole')))
    expect(readFileSync(target, 'utf8')).toBe('whole')
    expect(readdirSync(place)).toEqual(['file'])
  })

  it('keeps the permissions of a file that it replaces, whatever a killed writer left beside it', () => {
    const target = path.join(folder, 'private')
    writeFileSync(target, 'old', { mode: 0o600 })
    writeFileSync(`${target}.idiolect-part`, 'half', { mode: 0o444 })
    writeAtomically(target, (append) => append(Buffer.from('new')))
    expect(readFileSync(target, 'utf8')).toBe('new')
    expect(statSync(target).mode & 0o777).toBe(0o600)
    // What the process's own mask would take away is kept too.
    chmodSync(target, 0o666)
    writeAtomically(target, (append) => append(Buffer.from('newer')))
    expect(statSync(target).mode & 0o777).toBe(0o666)
  })

  it("refuses a file of the user's that nobody may write", () => {
    const target = path.join(folder, 'read-only')
    writeFileSync(target, 'old', { mode: 0o444 })
    expect(() => writeAtomically(target, (append) => append(Buffer.from('new')), { ofUser: true })).toThrow(
      `${target} was not written: the file is read-only`,
    )
    expect(readFileSync(target, 'utf8')).toBe('old')
    expect(statSync(target).mode & 0o777).toBe(0o444)
  })

  it('says in words that a place cannot be written', () => {
    const nowhere = path.join(folder, 'no', 'such', 'folder', 'file')
    expect(() => writeAtomically(nowhere, () => {})).toThrow(`${nowhere} cannot be written: the folder`)
  })

  it("replaces a file of the app's own that came back read-only, which can be written from then on", () => {
    const target = path.join(folder, 'from-backup')
    writeFileSync(target, 'old', { mode: 0o444 })
    writeAtomically(target, (append) => append(Buffer.from('new')))
    expect(readFileSync(target, 'utf8')).toBe('new')
    expect(statSync(target).mode & 0o200).toBe(0o200)
  })

  it.each(['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM', 'EISDIR'])(
    'is done where only the folder cannot be flushed (%s)',
    (code) => {
      const target = path.join(folder, code)
      trouble.code = code
      writeAtomically(target, (append) => append(Buffer.from('new')))
      expect(trouble.met).toBe(process.platform !== 'win32')
      expect(readFileSync(target, 'utf8')).toBe('new')
    },
  )

  it.runIf(process.platform !== 'win32')('says that a disk fails under the folder', () => {
    const target = path.join(folder, 'failing')
    trouble.code = 'EIO'
    expect(() => writeAtomically(target, () => {})).toThrow(
      expect.objectContaining({ name: 'CannotWrite', message: `${target} cannot be written: EIO` }),
    )
  })
})
