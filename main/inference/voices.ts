/**
 * Contexts of one base, each with its own voice or voices and their strengths; the last few are kept.
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
import { liesOver } from '../adapters/task-adapter.ts'
import { readVoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError } from '../errors.ts'
import { CHUNK, createKv, type Kv } from './kv.ts'
import { reasonOf, takeLlamaErrors } from './llama.ts'
import type { Voices, VoiceUse } from './types.ts'
import { baseOfVoice, kindOfVoice, layPrefix, loadMerged, scaledTask } from './voice-kinds.ts'

/** A voice, what it may be held against, and one more. */
const KEPT = 3

/**
 * llama.cpp's flash attention on the CPU adds up in F16 for batches of fewer than 64 tokens and in F32 for larger ones.
 * Where activations are rounded to 8 bits that moves a token's likelihood by some .06 nats (SmolLM2 135M, Q4_1), to
 * either side. Without it, a token's logits are the same to the last bit in almost any batch (one token alone is added
 * up in another order, and now and then a rounding falls the other way), for a prompt that costs 8% more at 250 tokens
 * and 30% at 1,000. So likelihoods are computed without it, and text is written with it, unless it goes on from
 * a prompt that was scored.
 */
export type Precision = 'split' | 'fast'

export interface VoicePool {
  /**
   * Runs `work` alone on the context of these voices; others wait. Errors: `VoiceMissing`, `VoiceUnfit`, `NoContext`;
   * `VoicesDoNotMix` for several where one is no LoRA and the other not the task adapter below it; `BaseChanged` for one
   * that names another base than this.
   * @param precision `split`: on the CPU, likelihoods that do not depend on how a text is split into batches, but for rare roundings
   */
  use<T>(voices: Voices | null | undefined, precision: Precision, work: (kv: Kv) => Promise<T>): Promise<T>
  /** The same with a second context beside it; null when these are the same voices in the same strengths. */
  useBoth<T>(
    voices: Voices | null | undefined,
    against: Voices | null,
    precision: Precision,
    work: (kv: Kv, against: Kv | null) => Promise<T>,
  ): Promise<T>
  /** From the next use on. */
  setThreads(threads: number): void
  dispose(): Promise<void>
}

/** A voice by its full path, of a strength that is not zero. */
interface Found extends VoiceUse {
  /** Names the file's present content. */
  version: string
}

interface Entry {
  kv: Kv
  dispose(): Promise<void>
}

/**
 * @param file of the model, for voices that are no adapter to llama.cpp
 * @param sha256 of that file, hex; when not given, a voice that fits by its shapes is taken, whatever it was trained on
 */
export function createVoicePool(
  model: LlamaModel,
  file: string,
  contextSize: number,
  { threads: firstThreads, sha256 }: { threads: number; sha256?: string },
): VoicePool {
  let threads = firstThreads
  const onCpu = model.llama.gpu === false
  const entries = new Map<string, Entry>()
  /** Which path a version of a voice file was loaded from: the library keeps an adapter by path for the model's life. */
  const loadedFrom = new Map<string, string>()
  const takenPaths = new Set<string>()
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false

  const open = async (voices: Found[], precision: Precision, key: string): Promise<Entry> => {
    for (const voice of voices) refuseOther(voice)
    while (entries.size >= KEPT) {
      const oldest = entries.keys().next().value
      if (oldest === undefined) break
      await entries.get(oldest)?.dispose()
      entries.delete(oldest)
    }
    const entry = await openWith(voices, precision)
    entries.set(key, entry)
    return entry
  }

  /** Whoever chose the voice had another base before them, and their call came late. */
  const refuseOther = (voice: Found): void => {
    const made = sha256 === undefined ? null : baseOfVoice(voice.file)
    if (made === null || made === sha256) return
    throw new IdiolectError(
      'BaseChanged',
      `the base was changed meanwhile: the voice ${voice.file} was trained on the file with SHA-256 ${made}, and ${file} has ${sha256}`,
      'Try again.',
    )
  }

  const openWith = (voices: Found[], precision: Precision): Promise<Entry> => {
    if (voices.length === 0) return openPlain(createContext(model, [], precision))
    const other = voices.find(({ file }) => kindOfVoice(file) !== 'lora')
    if (other === undefined) return openPlain(createWithVoices(voices, precision))
    // It mixes with nothing but the task adapter that it was trained over.
    const under = voices.filter((voice) => voice !== other)
    const stranger = under.find(({ file }) => !liesOver(readVoiceFile(other.file), file))
    if (stranger !== undefined) {
      throw new IdiolectError(
        'VoicesDoNotMix',
        `${other.file} is of the kind ${kindOfVoice(other.file)}, and only LoRA voices can be used together`,
        `Use it without ${stranger.file}.`,
      )
    }
    const open = kindOfVoice(other.file) === 'ia3' ? openMerged : openPrompt
    return open(other, under[0] ?? null, precision)
  }

  const openPlain = async (made: Promise<LlamaContext>): Promise<Entry> => {
    const context = await made
    return { kv: createKv(context.getSequence()), dispose: () => context.dispose() }
  }

  const openMerged = async (voice: Found, task: Found | null, precision: Precision): Promise<Entry> => {
    const merged = await loadMerged(model, file, voice.file, voice.scale)
    // Factors scale what the task adapter adds, too.
    const scaled = task && scaledTask(task.file, voice.file, voice.scale)
    try {
      const adapters = task && scaled ? [{ filePath: scaled, scale: task.scale }] : []
      const { kv } = await openPlain(createContext(merged, adapters, precision))
      return { kv, dispose: () => merged.dispose() }
    } catch (error) {
      await merged.dispose()
      throw error
    } finally {
      if (scaled) await rm(scaled, { force: true })
    }
  }

  const openPrompt = async (use: Found, task: Found | null, precision: Precision): Promise<Entry> => {
    const voice = readVoiceFile(use.file)
    const before = prefixOfVoice(voice)
    const context = await (task
      ? createWithVoices([task], precision, before)
      : createContext(model, [], precision, before))
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
    adapters: { filePath: string; scale: number }[],
    precision: Precision,
    before = 0,
  ): Promise<LlamaContext> =>
    of.createContext({
      // One more than promised: the library shifts the context when its last cell would be filled.
      contextSize: before + contextSize + 1,
      batchSize: CHUNK,
      threads,
      failedCreationRemedy: false,
      // Blocks with a sliding window keep the whole context, so that a prompt can be gone back to; what they see of it
      // is the window all the same.
      swaFullCache: true,
      ...(precision === 'split' && onCpu ? { flashAttention: false } : {}),
      ...(adapters.length === 0 ? {} : { lora: { adapters } }),
    })

  /** The path that llama.cpp shall read this version from. @param copies a copy that was made for it goes in here */
  const pathOf = async ({ file, version }: Found, copies: string[]): Promise<string> => {
    const known = loadedFrom.get(version)
    if (known !== undefined) return known
    if (!takenPaths.has(file)) return file
    // The file was replaced: under its own path the library would serve the old one.
    const copy = path.join(os.tmpdir(), `idiolect-voice-${randomUUID()}.gguf`)
    copies.push(copy)
    await copyFile(file, copy)
    return copy
  }

  const createWithVoices = async (voices: Found[], precision: Precision, before = 0): Promise<LlamaContext> => {
    const copies: string[] = []
    takeLlamaErrors()
    try {
      const adapters: { filePath: string; scale: number }[] = []
      for (const voice of voices) adapters.push({ filePath: await pathOf(voice, copies), scale: voice.scale })
      const context = await createContext(model, adapters, precision, before)
      for (const [i, { filePath }] of adapters.entries()) {
        loadedFrom.set((voices[i] as Found).version, filePath)
        takenPaths.add(filePath)
      }
      return context
    } catch (error) {
      const reason = await reasonOf(error)
      const files = voices.map((voice) => voice.file)
      throw (
        (await misfitAmong(voices)) ??
        new IdiolectError(
          'VoiceUnfit',
          `The voice ${files.join(' with ')} does not fit the model ${model.filename ?? 'in use'}: ${reason}`,
          'Choose a voice that was trained on this model, or train a new one.',
          { cause: error },
        )
      )
    } finally {
      for (const copy of copies) await rm(copy, { force: true })
    }
  }

  /** What llama.cpp says of the first of several voices that fails by itself. */
  const misfitAmong = async (voices: Found[]): Promise<unknown> => {
    if (voices.length < 2) return null
    for (const voice of voices) {
      try {
        await (await createWithVoices([voice], 'fast')).dispose()
      } catch (error) {
        return error
      }
    }
    return null
  }

  const find = async (wanted: Voices | null, precision: Precision): Promise<Entry> => {
    const voices = await foundVoices(wanted)
    const key = [...voices.map(({ version, scale }) => `${version}|${scale}`), threads, precision].join('|')
    const entry = entries.get(key) ?? (await open(voices, precision, key))
    // Most recently used last.
    entries.delete(key)
    entries.set(key, entry)
    return entry
  }

  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(() => {
      if (disposed)
        throw new IdiolectError('ModelClosed', `The model ${model.filename ?? ''} was closed`, 'Open it again.')
      return work()
    })
    last = run.catch(() => undefined)
    return run
  }

  return {
    use: (voices, precision, work) => alone(async () => work((await find(voices ?? null, precision)).kv)),
    useBoth: (voices, against, precision, work) =>
      alone(async () => {
        // The second is opened last and the first just before it: with three kept, neither makes way for the other.
        const own = await find(voices ?? null, precision)
        const other = await find(against, precision)
        return work(own.kv, other === own ? null : other.kv)
      }),
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

/** Those that have a strength, in an order that does not depend on how they were listed; strengths of one file add up. */
async function foundVoices(wanted: Voices | null): Promise<Found[]> {
  const list = wanted === null ? [] : 'file' in wanted ? [wanted] : wanted
  const scales = new Map<string, number>()
  for (const { file, scale } of list) {
    const full = path.resolve(file)
    scales.set(full, (scales.get(full) ?? 0) + scale)
  }
  const voices: Found[] = []
  for (const [file, scale] of [...scales].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (scale !== 0) voices.push({ file, scale, version: await versionOf(file) })
  }
  return voices
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
