/**
 * Voices that llama.cpp reads as no adapter: (IA)3 as a model merged for it, a prompt as the state of a sequence.
 * What each rounds stands in `main/adapters/scale-rows.ts` and in `prefix.ts`.
 */
import { randomUUID } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp'
import type { AdapterKind } from '../../preload/contract.ts'
import { FACTORS_END } from '../adapters/array-voice.ts'
import { mergedFile } from '../adapters/merge.ts'
import { readNumbers, readVoiceFile, readVoiceTensors, type VoiceFile, writeVoiceFile } from '../adapters/voice-file.ts'
import { readGguf } from '../gguf/read.ts'
import { readHyperparameters } from '../model/hyperparameters.ts'
import { openPrefix, type Prefix } from './prefix.ts'

/** `lora` also for what cannot be read: llama.cpp says what is wrong with it. */
export function kindOfVoice(file: string): AdapterKind {
  try {
    const gguf = readGguf(file)
    const kind = gguf.string('adapter.type', 'lora')
    return kind === 'ia3' || kind === 'prompt' ? kind : 'lora'
  } catch {
    return 'lora'
  }
}

/** SHA-256 of the base that a voice file says it was trained on; null where it names none or cannot be read. */
export function baseOfVoice(file: string): string | null {
  try {
    return readVoiceFile(file).baseSha256
  } catch {
    return null
  }
}

/**
 * The base at `baseFile` with an (IA)3 voice in its rows, as a model of its own.
 * Errors: those of `mergedFile`.
 */
export function loadMerged(model: LlamaModel, baseFile: string, voice: string, strength: number): Promise<LlamaModel> {
  return model.llama.loadModel({ modelPath: mergedFile(readVoiceFile(voice), readGguf(baseFile), strength) })
}

/**
 * A task adapter as it is below (IA)3 factors, l ⊙ ((W + s B A) x): its B's rows times the factors of their weights. In a
 * file of its own that the caller removes.
 * @param strength of the factors
 */
export function scaledTask(task: string, ia3: string, strength: number): string {
  const [voice, factors] = [readVoiceFile(task), readVoiceFile(ia3)]
  const known = new Set(factors.arrays.map(({ name }) => name))
  const tensors = readVoiceTensors(voice).map((pair) => {
    const name = pair.name + FACTORS_END
    if (!known.has(name)) return pair
    const rank = pair.b.length / pair.M
    const l = readNumbers(factors, name)
    return { ...pair, b: pair.b.map((value, i) => value * (1 + strength * ((l[Math.floor(i / rank)] as number) - 1))) }
  })
  const file = path.join(os.tmpdir(), `idiolect-task-${randomUUID()}.gguf`)
  const { architecture, targets, alpha, rank } = voice
  const unnamed = { baseSha256: '', baseName: '', name: 'Scaled task adapter' }
  writeVoiceFile(file, { ...unnamed, architecture, targets, alpha, rank, tensors })
  return file
}

/** Lays a prompt in front of an empty sequence. Its strength is 1: half a prompt has no meaning. */
export function layPrefix(sequence: LlamaContextSequence, baseFile: string, voice: VoiceFile): Promise<Prefix> {
  const { layers } = readHyperparameters(readGguf(baseFile))
  const windowed = layers.map(({ window }) => window !== null)
  return openPrefix(sequence, voice, windowed)
}
