/**
 * Voices that llama.cpp reads as no adapter: (IA)3 as a model merged for it, a prompt as the state of a sequence.
 * What each rounds stands in `main/adapters/scale-rows.ts` and in `prefix.ts`.
 */
import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp'
import type { AdapterKind } from '../../preload/contract.ts'
import { mergedFile } from '../adapters/merge.ts'
import { readVoiceFile, type VoiceFile } from '../adapters/voice-file.ts'
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

/**
 * The base at `baseFile` with an (IA)3 voice in its rows, as a model of its own.
 * Errors: those of `mergedFile`.
 */
export function loadMerged(model: LlamaModel, baseFile: string, voice: string, strength: number): Promise<LlamaModel> {
  return model.llama.loadModel({ modelPath: mergedFile(readVoiceFile(voice), readGguf(baseFile), strength) })
}

/** Lays a prompt in front of an empty sequence. Its strength is 1: half a prompt has no meaning. */
export function layPrefix(sequence: LlamaContextSequence, baseFile: string, voice: VoiceFile): Promise<Prefix> {
  const { layers } = readHyperparameters(readGguf(baseFile))
  const windowed = layers.map(({ window }) => window !== null)
  return openPrefix(sequence, voice, windowed)
}
