import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportVoice, importVoice, voicesFolder } from '../../main/adapters/share-voice.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { randomVoice, sha256 } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const baseFile = path.join(folder, 'base.gguf')
const file = path.join(folder, 'voice.gguf')
const data = path.join(folder, 'data')
beforeAll(() => {
  writeTinyModel(baseFile)
  randomVoice(file, baseFile, { name: 'Ada' })
})

describe('exportVoice', () => {
  it('copies the file, over an older voice too', () => {
    const target = path.join(folder, 'ada.gguf')
    expect(exportVoice(file, target)).toEqual({ file: target, bytes: readFileSync(file).length })
    randomVoice(target, baseFile, { seed: 9 })
    exportVoice(file, target)
    expect(sha256(target)).toBe(sha256(file))
  })

  it('overwrites nothing but a voice, and exports nothing but one', () => {
    const letter = path.join(folder, 'letter.txt')
    writeFileSync(letter, 'Dear reader')
    expect(() => exportVoice(file, letter)).toThrow(`${letter} is there and is no voice`)
    expect(() => exportVoice(file, baseFile)).toThrow(`${baseFile} is there and is no voice`)
    expect(readFileSync(letter, 'utf8')).toBe('Dear reader')
    expect(() => exportVoice(baseFile, path.join(folder, 'new.gguf'))).toThrow('it is of type model, adapter none')
    expect(existsSync(path.join(folder, 'new.gguf'))).toBe(false)
  })
})

describe('importVoice', () => {
  it('puts a copy into the data folder, once for the same content', () => {
    const { id, voice } = importVoice(file, data)
    expect(voice).toMatchObject({ name: 'Ada', file: path.join(voicesFolder(data), `${id}.gguf`) })
    expect(sha256(voice.file)).toBe(sha256(file))
    expect(importVoice(file, data).id).toBe(id)
    expect(importVoice(voice.file, data).id).toBe(id)
    expect(readdirSync(voicesFolder(data))).toEqual([`${id}.gguf`])
  })

  it('refuses a truncated voice and one with broken numbers, and leaves nothing', () => {
    const fresh = path.join(folder, 'fresh')
    const broken = path.join(folder, 'broken.gguf')
    writeFileSync(broken, readFileSync(file).subarray(0, -100))
    expect(() => importVoice(broken, fresh)).toThrow(/ends at byte \d+, the file has \d+/)
    const bytes = readFileSync(file)
    bytes.writeFloatLE(Number.NaN, readGguf(file).tensor('blk.0.attn_v.weight.lora_b').offset + 8)
    writeFileSync(broken, bytes)
    expect(() => importVoice(broken, fresh)).toThrow('blk.0.attn_v.weight.lora_b has numbers that are not finite')
    expect(existsSync(voicesFolder(fresh))).toBe(false)
  })
})
