/**
 * The task adapter that a run's voice is trained over. Its file is copied into the run folder, like the voice that a run
 * goes on from, so that the run can be resumed, explained and repeated when the file itself is gone.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { checkVoice } from '../adapters/check-voice.ts'
import { copyWhole, sha256OfContent } from '../adapters/share-voice.ts'
import { checkTaskAdapter, originOf } from '../adapters/task-adapter.ts'
import { readNumbers, readVoiceFile, type VoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { FrozenPair } from '../model/frozen-lora.ts'
import type { RunPlan, VoiceOrigin } from './types.ts'

export const underFile = (folder: string): string => path.join(folder, 'under.gguf')

/**
 * Copies a task adapter into a run folder that is there. @returns the plan's `under`
 * @throws IdiolectError `BadTaskAdapter` for what cannot lie under a voice
 */
export function keepUnder(folder: string, file: string): VoiceOrigin {
  checkTaskAdapter(readVoiceFile(file))
  copyWhole(file, underFile(folder))
  return originOf(underFile(folder), path.basename(file, path.extname(file)))
}

/**
 * The kept task adapter as the engine takes it, or null for a plan without one.
 * @throws IdiolectError `BadTaskAdapter` when the file is not the one that the plan names or cannot lie under a voice,
 * `VoiceMismatch` when it is for another base
 */
export function readUnder(folder: string, plan: RunPlan, base: GgufFile): FrozenPair[] | null {
  const { under } = plan
  if (!under) return null
  const file = underFile(folder)
  const found = existsSync(file) ? sha256OfContent(file) : 'nothing'
  if (found !== under.sha256) {
    throw new IdiolectError(
      'BadTaskAdapter',
      `${file} should be the task adapter ${under.name} with SHA-256 ${under.sha256}, and has ${found}`,
      'Start a new run with the task adapter.',
    )
  }
  const voice = readVoiceFile(file)
  checkTaskAdapter(voice)
  checkVoice(voice, base, plan.base.sha256)
  return frozenOf(voice)
}

/** A LoRA voice's pairs, scaled as llama.cpp scales them: by alpha / rank, and by 1 where the file's alpha is 0. */
export function frozenOf(voice: VoiceFile): FrozenPair[] {
  return voice.tensors.map(({ name, K, M, rank }) => ({
    tensor: name,
    inputs: K,
    outputs: M,
    rank,
    scale: voice.alpha === 0 ? 1 : voice.alpha / rank,
    values: () => ({ a: readNumbers(voice, `${name}.lora_a`), b: readNumbers(voice, `${name}.lora_b`) }),
  }))
}
