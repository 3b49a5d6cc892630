/** Voices out of the data folder and into it: a checked copy of one file. Knows no store: cards are made elsewhere. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { type WriteOptions, writeAtomically } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { type GgufFile, readGguf } from '../gguf/read.ts'
import { readNumbers, readVoiceFile, readVoiceTensors, type VoiceFile } from './voice-file.ts'

const CHUNK = 2 ** 20

/** Where the data folder keeps its voices. */
export function voicesFolder(dataFolder: string): string {
  return path.join(dataFolder, 'voices')
}

/**
 * Copies the voice `file` to `target` whole or not at all. Overwrites another voice, but no other file: throws
 * IdiolectError `FileExists`. Returns the copy's size.
 */
export function exportVoice(file: string, target: string): { file: string; bytes: number } {
  const voice = readVoiceFile(file)
  if (existsSync(target) && !isAdapter(target))
    throw new IdiolectError('FileExists', `${target} is there and is no voice`, 'Choose another name.')
  copyWhole(file, target, { ofUser: true })
  return { file: target, bytes: voice.bytes }
}

/**
 * Checks a voice, its numbers included, and copies it into the data folder. The name there comes from the content: the
 * same voice imported twice is one file. Returns the copy, read again. Throws IdiolectError `BadGguf` or `BadVoice`.
 */
export function importVoice(source: string, dataFolder: string): { id: string; voice: VoiceFile } {
  const voice = readVoiceFile(source)
  checkNumbers(voice)
  const id = sha256OfContent(source).slice(0, 16)
  const folder = voicesFolder(dataFolder)
  mkdirSync(folder, { recursive: true })
  const target = path.join(folder, `${id}.gguf`)
  if (path.resolve(source) !== target) copyWhole(source, target)
  return { id, voice: readVoiceFile(target) }
}

/** Reads every number. Quantized foreign voices, which llama.cpp takes, are let pass by their shapes alone. */
export function checkNumbers(voice: VoiceFile): void {
  const types = new Set([...voice.gguf.tensors.values()].map(({ typeName }) => typeName))
  if ([...types].every((type) => type === 'F32' || type === 'F16' || type === 'BF16')) readVoiceTensors(voice)
  for (const { name } of voice.arrays) readNumbers(voice, name)
}

function isAdapter(file: string): boolean {
  let gguf: GgufFile
  try {
    gguf = readGguf(file)
  } catch {
    return false
  }
  return gguf.has('general.type') && gguf.string('general.type') === 'adapter'
}

function forEachChunk(file: string, visit: (chunk: Buffer) => void): void {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK)
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) visit(buffer.subarray(0, got))
  } finally {
    closeSync(fd)
  }
}

/** Copies a file whole or not at all. */
export function copyWhole(source: string, target: string, options: WriteOptions = {}): void {
  writeAtomically(target, (append) => forEachChunk(source, append), options)
}

/** Hex. */
export function sha256OfContent(file: string): string {
  const hash = createHash('sha256')
  forEachChunk(file, (chunk) => hash.update(chunk))
  return hash.digest('hex')
}
