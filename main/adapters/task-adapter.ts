/**
 * The task adapter below a voice: OPPU's first stage (arXiv 2402.04401), a GGUF LoRA of its own over the same base. A voice
 * that was trained over one notes its name and hash, means nothing over another, and is used with it. Knows files and
 * their notes, not where an app keeps them.
 */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import type { VoiceOrigin } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { sha256OfContent } from './share-voice.ts'
import { readVoiceFile, type VoiceFile } from './voice-file.ts'

/** The task adapter that the voice was trained over, as its file notes it; null for none, and for foreign files. */
export function underOf(extra: Record<string, unknown>): VoiceOrigin | null {
  const { under } = extra
  if (typeof under !== 'object' || under === null) return null
  const { name, sha256, createdAt } = under as Partial<VoiceOrigin>
  if (typeof name !== 'string' || typeof sha256 !== 'string') return null
  return { name, sha256, createdAt: createdAt ?? null }
}

/** What a voice's file says of itself to those that are built on it. @param called its name where the file has none */
export function originOf(file: string, called: string): VoiceOrigin {
  const { name, createdAt } = readVoiceFile(file)
  return { name: name ?? called, sha256: sha256OfContent(file), createdAt }
}

/**
 * Throws IdiolectError `BadTaskAdapter` for a voice that nothing can be trained over: one that is no LoRA, or that lies
 * over another itself.
 */
export function checkTaskAdapter(voice: VoiceFile): void {
  const refuse = (problem: string): IdiolectError =>
    new IdiolectError(
      'BadTaskAdapter',
      `${voice.name ?? voice.file} cannot lie under a voice: ${problem}`,
      'Take a LoRA that was trained on the base itself.',
    )
  if (voice.kind !== 'lora') throw refuse(`it is of the kind ${voice.kind}, only LoRA can`)
  const below = underOf(voice.extra)
  if (below) throw refuse(`it was trained over the task adapter ${below.name}`)
}

/** Was the voice trained over this very file? */
export function liesOver(voice: VoiceFile, file: string): boolean {
  return underOf(voice.extra)?.sha256 === hashOf(file)
}

/** A voice file at a strength: what `main/inference` calls a `VoiceUse`. */
export interface Laid {
  file: string
  scale: number
}

/**
 * The voice with what must lie under it, in full strength whatever the voice's is, ready for use together.
 * @param taskAdapters files among which the task adapter is looked for
 * @throws IdiolectError `NoTaskAdapter` naming it and those that are there
 */
export function withTaskAdapter(voice: Laid, taskAdapters: readonly string[]): Laid[] {
  const wanted = underOf(readVoiceFile(voice.file).extra)
  if (!wanted) return [voice]
  const found = taskAdapters.find((file) => hashOf(file) === wanted.sha256)
  if (found !== undefined) return [{ file: found, scale: 1 }, voice]
  const there = taskAdapters.map((file) => `${path.basename(file)} (SHA-256 ${hashOf(file) ?? 'none'})`)
  throw new IdiolectError(
    'NoTaskAdapter',
    `${voice.file} was trained over the task adapter ${wanted.name} with SHA-256 ${wanted.sha256}, and there are: ${there.join(', ') || 'none'}`,
    'Import that task adapter, or train the voice anew.',
  )
}

/** Hashes by file, time and size: the same few files are asked for with every call. */
const hashes = new Map<string, string>()

function hashOf(file: string): string | null {
  if (!existsSync(file)) return null
  const { mtimeMs, size } = statSync(file)
  const key = `${path.resolve(file)}|${mtimeMs}|${size}`
  const known = hashes.get(key)
  if (known !== undefined) return known
  const hash = sha256OfContent(file)
  hashes.set(key, hash)
  return hash
}
