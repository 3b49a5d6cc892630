/**
 * An (IA)3 voice merged into its base: a GGUF of the base's size, kept beside the voice, since no adapter file that
 * llama.cpp reads can say "rows times factors". A strength s makes the factors 1 + s(l − 1); at 0 the base's own bits
 * come out. What is exact and what is rounded: see `scale-rows.ts`.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError } from '../errors.ts'
import { type GgufFile, readTensorChunks } from '../gguf/read.ts'
import type { GgmlTypeName } from '../gguf/types.ts'
import { float32, text } from '../gguf/values.ts'
import { type TensorInput, writeGguf } from '../gguf/write.ts'
import { sha256Of } from '../hash.ts'
import { arrayMismatch, FACTORS_END, wantKind } from './array-voice.ts'
import { checkScalable, scaleRows } from './scale-rows.ts'
import { readNumbers, type VoiceFile } from './voice-file.ts'

/** Most bytes of a tensor in memory at a time. */
const CHUNK = 2 ** 24
/** Merged files kept beside a voice's: the others are as large as the base, and made again in seconds. */
const KEPT = 2

function mergedFolder(voiceFile: string): string {
  return path.join(path.dirname(voiceFile), 'merged')
}

/** Takes away what was merged of the voices in this file's folder. */
export function removeMerged(voiceFile: string): void {
  const folder = mergedFolder(voiceFile)
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) removeIfFree(path.join(folder, name))
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

/** Windows removes no file that is in use: it goes another time. */
function removeIfFree(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // See above.
  }
}

/**
 * The merged file of a voice at a strength, made where it is not there yet: whole or not at all.
 * @throws IdiolectError `VoiceMismatch` when the voice does not fit the base, `NotMergeable` for a type that cannot be
 * scaled, `CannotWrite`
 */
export function mergedFile(voice: VoiceFile, base: GgufFile, strength: number): string {
  wantKind(voice, 'ia3')
  const mismatch = arrayMismatch(voice, base)
  if (mismatch !== null)
    throw new IdiolectError(
      'VoiceMismatch',
      `The voice ${voice.name ?? voice.file} does not fit the base ${base.file}: ${mismatch}`,
      'Use the base it was trained on.',
    )
  const voiceHash = sha256Of(readFileSync(voice.file))
  const { size, mtimeMs } = statSync(base.file)
  const key = createHash('sha256')
    .update(JSON.stringify([base.file, size, mtimeMs, voiceHash, strength]))
    .digest('hex')
  const folder = mergedFolder(voice.file)
  const file = path.join(folder, `${key.slice(0, 24)}.gguf`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  keepNewest(folder)
  writeMerged(file, voice, base, strength, voiceHash)
  return file
}

function writeMerged(file: string, voice: VoiceFile, base: GgufFile, strength: number, voiceHash: string): void {
  const tensors = [...base.tensors.values()].map(({ name, shape, typeName, bytes }): TensorInput => {
    const factors = voice.arrays.some((array) => array.name === name + FACTORS_END)
      ? readNumbers(voice, name + FACTORS_END).map((factor) => 1 + strength * (factor - 1))
      : null
    if (factors) checkScalable(name, typeName)
    const row = bytes / shape.slice(1).reduce((a, b) => a * b, 1)
    const whole = Math.max(1, Math.floor(CHUNK / row)) * row
    return {
      name,
      shape,
      type: typeName as GgmlTypeName,
      data: (append) =>
        readTensorChunks(base, name, factors ? whole : CHUNK, (chunk, at) => {
          const first = at / row
          if (factors) scaleRows(typeName as GgmlTypeName, chunk, factors.subarray(first, first + chunk.length / row))
          append(chunk)
        }),
    }
  })
  const metadata = new Map(base.metadata)
  metadata.set('idiolect.merged.base.sha256', text(voice.baseSha256 ?? ''))
  metadata.set('idiolect.merged.voice.sha256', text(voiceHash))
  metadata.set('idiolect.merged.strength', float32(strength))
  writeGguf(file, { metadata, tensors })
}

/** Room for one more among the files kept. */
function keepNewest(folder: string): void {
  const files = readdirSync(folder)
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  for (const old of files.slice(KEPT - 1)) removeIfFree(old)
}
