/**
 * What a voice has learnt already, by the notes of the runs that made it and those that it goes on from: none of it may
 * stand in the proof of a run that goes on from it.
 */
import { existsSync } from 'node:fs'
import type { VoiceOrigin } from '../../../preload/contract.ts'
import { sha256OfContent } from '../../adapters/share-voice.ts'
import { originOf } from '../../adapters/task-adapter.ts'
import { readVoiceFile } from '../../adapters/voice-file.ts'
import { voiceFile } from '../../trainer/run-folder.ts'
import { lineageOf } from '../../trainer/start.ts'
import type { AppContext } from '../context.ts'
import { pickedTexts } from '../labels/picks.ts'
import { readLearned } from '../library/learned.ts'
import { fileOfVoice } from '../voices/voices.ts'
import type { LearntBefore } from './run-split.ts'

/** @param from id of the voice. Errors: IdiolectError `UnknownVoice`, `MixIsNoFile`. */
export function learntBefore(context: AppContext, from: string): LearntBefore {
  const file = fileOfVoice(context, from)
  const origins = [originOf(file, from), ...lineageOf(readVoiceFile(file).extra)]
  const documents = new Set<string>()
  let unknown: string | null = null
  let picks = false
  for (const origin of origins) {
    const folder = runOf(context, origin)
    const noted = folder === null ? null : readLearned(folder)
    if (noted === null) unknown ??= origin.name
    for (const { document, part } of noted?.pieces ?? []) {
      if (part !== 'training') continue
      if (document === null) picks = true
      else documents.add(document)
    }
  }
  return { documents, picked: picks ? pickedTexts(context.store) : [], unknown }
}

/** The folder of the run that made this very voice, or null. */
function runOf({ store }: AppContext, { sha256, createdAt }: VoiceOrigin): string | null {
  for (const run of store.runs.list()) {
    // A voice bears its run's time: no others need be read.
    if (createdAt !== null && run.createdAt !== createdAt) continue
    const file = voiceFile(run.folder)
    if (existsSync(file) && sha256OfContent(file) === sha256) return run.folder
  }
  return null
}
