/**
 * Contexts of one base, each with its own voice and strength; the last few are kept.
 *
 * A fresh context costs some 30 to 120 ms on the 135M starter (2 threads), less than reading one prompt, and its
 * voice is set through the library's public option. So a change of voice or strength is a change of context.
 */
import { randomUUID } from 'node:crypto'
import { copyFile, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { LlamaContext, LlamaModel } from 'node-llama-cpp'
import { prefixOfVoice } from '../adapters/array-voice.ts'
import { readVoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError } from '../errors.ts'
import { CHUNK, createKv, type Kv } from './kv.ts'
import { reasonOf, takeLlamaErrors } from './llama.ts'
import type { VoiceUse } from './types.ts'
import { kindOfVoice, layPrefix, loadMerged } from './voice-kinds.ts'

const KEPT = 3

export interface VoicePool {
  /** Runs `work` alone on the context of this voice; others wait. Errors: `VoiceMissing`, `VoiceUnfit`, `NoContext`. */
  use<T>(voice: VoiceUse | null | undefined, work: (kv: Kv) => Promise<T>): Promise<T>
  /** From the next use on. */
  setThreads(threads: number): void
  dispose(): Promise<void>
}

interface Entry {
  kv: Kv
  dispose(): Promise<void>
}

/** @param file of the model, for voices that are no adapter to llama.cpp */
export function createVoicePool(model: LlamaModel, file: string, contextSize: number, firstThreads: number): VoicePool {
  let threads = firstThreads
  const entries = new Map<string, Entry>()
  /** Which path a version of a voice file was loaded from: the library keeps an adapter by path for the model's life. */
  const loadedFrom = new Map<string, string>()
  const takenPaths = new Set<string>()
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false

  const open = async (voice: VoiceUse | null, key: string, version: string): Promise<Entry> => {
    while (entries.size >= KEPT) {
      const oldest = entries.keys().next().value
      if (oldest === undefined) break
      await entries.get(oldest)?.dispose()
      entries.delete(oldest)
    }
    const kind = voice === null ? null : kindOfVoice(voice.file)
    const entry = await (voice !== null && kind === 'ia3'
      ? openMerged(voice)
      : voice !== null && kind === 'prompt'
        ? openPrompt(voice)
        : openPlain(voice === null ? createContext(model, null) : createWithVoice(voice, version)))
    entries.set(key, entry)
    return entry
  }

  const openPlain = async (made: Promise<LlamaContext>): Promise<Entry> => {
    const context = await made
    return { kv: createKv(context.getSequence()), dispose: () => context.dispose() }
  }

  const openMerged = async (voice: VoiceUse): Promise<Entry> => {
    const merged = await loadMerged(model, file, voice.file, voice.scale)
    const { kv } = await openPlain(createContext(merged, null))
    return { kv, dispose: () => merged.dispose() }
  }

  const openPrompt = async (use: VoiceUse): Promise<Entry> => {
    const voice = readVoiceFile(use.file)
    const context = await createContext(model, null, prefixOfVoice(voice))
    try {
      const sequence = context.getSequence()
      const prefix = await layPrefix(sequence, file, voice)
      const dispose = async (): Promise<void> => {
        prefix.dispose()
        await context.dispose()
      }
      return { kv: createKv(sequence, prefix), dispose }
    } catch (error) {
      await context.dispose()
      throw error
    }
  }

  const createContext = (
    of: LlamaModel,
    lora: { filePath: string; scale: number } | null,
    before = 0,
  ): Promise<LlamaContext> =>
    of.createContext({
      // One more than promised: the library shifts the context when its last cell would be filled.
      contextSize: before + contextSize + 1,
      batchSize: CHUNK,
      threads,
      failedCreationRemedy: false,
      ...(lora === null ? {} : { lora: { adapters: [lora] } }),
    })

  const createWithVoice = async (voice: VoiceUse, version: string): Promise<LlamaContext> => {
    let filePath = loadedFrom.get(version)
    let copy: string | null = null
    if (filePath === undefined) {
      filePath = voice.file
      if (takenPaths.has(voice.file)) {
        // The file was replaced: under its own path the library would serve the old one.
        copy = path.join(os.tmpdir(), `idiolect-voice-${randomUUID()}.gguf`)
        await copyFile(voice.file, copy)
        filePath = copy
      }
    }
    takeLlamaErrors()
    try {
      const context = await createContext(model, { filePath, scale: voice.scale })
      loadedFrom.set(version, filePath)
      takenPaths.add(filePath)
      return context
    } catch (error) {
      const reason = await reasonOf(error)
      throw new IdiolectError(
        'VoiceUnfit',
        `The voice ${voice.file} does not fit the model ${model.filename ?? 'in use'}: ${reason}`,
        'Choose a voice that was trained on this model, or train a new one.',
        { cause: error },
      )
    } finally {
      if (copy !== null) await rm(copy, { force: true })
    }
  }

  const find = async (wanted: VoiceUse | null): Promise<Entry> => {
    const voice = wanted === null || wanted.scale === 0 ? null : { ...wanted, file: path.resolve(wanted.file) }
    const version = voice === null ? 'base' : await versionOf(voice.file)
    const key = `${version}|${voice?.scale ?? 0}|${threads}`
    const entry = entries.get(key) ?? (await open(voice, key, version))
    // Most recently used last.
    entries.delete(key)
    entries.set(key, entry)
    return entry
  }

  return {
    use(voice, work) {
      const run = last.then(async () => {
        if (disposed)
          throw new IdiolectError('ModelClosed', `The model ${model.filename ?? ''} was closed`, 'Open it again.')
        return work((await find(voice ?? null)).kv)
      })
      last = run.catch(() => undefined)
      return run
    },
    setThreads(wanted) {
      threads = wanted
    },
    async dispose() {
      disposed = true
      await last
      for (const entry of entries.values()) await entry.dispose()
      entries.clear()
    },
  }
}

/** A name of a file's present content: a file renamed over the path has another inode, one rewritten another time. */
async function versionOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null)
  if (found === null || !found.isFile()) {
    throw new IdiolectError(
      'VoiceMissing',
      `The voice file ${file} does not exist`,
      'Import the voice again, or train a new one.',
    )
  }
  return `${file}|${found.ino}|${found.size}|${found.mtimeNs}`
}
