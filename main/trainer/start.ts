/**
 * Training that goes on from a voice. The voice's file is copied into the run folder, so that a run can be resumed and
 * explained when the voice itself is gone; its numbers then take the place of the random start.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { prefixOfVoice } from '../adapters/array-voice.ts'
import { copyWhole, sha256OfContent } from '../adapters/share-voice.ts'
import { originOf, underOf } from '../adapters/task-adapter.ts'
import { readNumbers, readVoiceFile, type VoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError } from '../errors.ts'
import type { AdapterTensor } from '../model/adapter.ts'
import type { RunPlan, TrainSettings, VoiceOrigin } from './types.ts'

export const startFile = (folder: string): string => path.join(folder, 'init.gguf')

/** The settings that a voice's numbers mean something under; a run that goes on from it must have the same. */
export function settingsOf(voice: VoiceFile): Partial<TrainSettings> {
  const { kind, rank, targets, extra } = voice
  if (kind === 'ia3') return { kind }
  if (kind === 'prompt') return { kind, virtualTokens: prefixOfVoice(voice) }
  const rslora = extra.rslora === true
  // To llama.cpp, an alpha of 0 is none, and the scale is 1.
  return { kind, rank, alpha: rslora ? Number(extra.alpha) : voice.alpha || rank, rslora, targets }
}

/** Copies a voice into a run folder that is there. @returns the plan's `lineage` */
export function keepStart(folder: string, voiceFile: string): VoiceOrigin[] {
  copyWhole(voiceFile, startFile(folder))
  const parent = originOf(startFile(folder), path.basename(voiceFile, path.extname(voiceFile)))
  return [parent, ...lineageOf(readVoiceFile(startFile(folder)).extra)]
}

/** The voices that a voice goes on from, nearest first, as its file tells; none in foreign files. */
export function lineageOf(extra: Record<string, unknown>): VoiceOrigin[] {
  return Array.isArray(extra.lineage) ? (extra.lineage as VoiceOrigin[]) : []
}

/**
 * The kept voice's numbers, one array for each of the adapter's tensors, or null for a plan with a random start.
 * @throws IdiolectError `BadStart` when the file is not the one that the plan names, or of another shape
 */
export function readStart(folder: string, plan: RunPlan, tensors: readonly AdapterTensor[]): Float32Array[] | null {
  const [parent] = plan.lineage ?? []
  if (!parent) return null
  const file = startFile(folder)
  const found = existsSync(file) ? sha256OfContent(file) : 'nothing'
  if (found !== parent.sha256) throw badStart(`${file} should have SHA-256 ${parent.sha256}, and has ${found}`)
  const voice = readVoiceFile(file)
  const below = underOf(voice.extra)
  if (below?.sha256 !== plan.under?.sha256) {
    const named = (under: VoiceOrigin | null | undefined): string =>
      under ? `the task adapter ${under.name} (SHA-256 ${under.sha256})` : 'no task adapter'
    throw badStart(`the voice ${parent.name} was trained over ${named(below)}, this run is over ${named(plan.under)}`)
  }
  for (const name of voice.gguf.tensors.keys()) {
    if (tensors.some((tensor) => tensor.name === name)) continue
    // A prompt's keys and values are computed anew from its rows.
    if (voice.kind !== 'prompt') throw badStart(`the voice ${parent.name} has ${name}, this run trains no such tensor`)
  }
  return tensors.map(({ name, shape }) => {
    const own = voice.gguf.tensors.get(name)
    if (!own) throw badStart(`the voice ${parent.name} has no ${name}, which this run trains`)
    if (own.shape[0] !== shape[0] || (own.shape[1] ?? 1) !== (shape[1] ?? 1))
      throw badStart(`${name} is [${own.shape.join(', ')}] in the voice ${parent.name}, [${shape.join(', ')}] here`)
    return readNumbers(voice, name)
  })
}

function badStart(problem: string): IdiolectError {
  return new IdiolectError('BadStart', problem, "Go on from a voice of this base with the voice's own settings.")
}
