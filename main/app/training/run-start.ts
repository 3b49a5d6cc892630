/** Before a run goes on from a voice: is it there, was it trained on this very base, and do the options agree with it? */
import type { TrainOptions } from '../../../preload/contract.ts'
import { checkVoice } from '../../adapters/check-voice.ts'
import { readVoiceFile } from '../../adapters/voice-file.ts'
import { IdiolectError } from '../../errors.ts'
import { readGguf } from '../../gguf/read.ts'
import { parseTargets } from '../../model/lora.ts'
import { settingsOf } from '../../trainer/start.ts'
import type { AppContext } from '../context.ts'
import { fileOfVoice } from '../voices/voices.ts'
import type { InstalledBase } from './run-base.ts'

/** Options that decide what a voice's numbers mean. */
const DECISIVE = ['kind', 'virtualTokens', 'rank', 'alpha', 'rslora', 'targets'] as const

export interface RunStart {
  /** The options as given, with what the voice decides. */
  options: TrainOptions
  /** The voice that the run goes on from; null: a random start. */
  file: string | null
}

/**
 * Errors: IdiolectError `UnknownVoice`; `VoiceMismatch` naming both bases; `BadOption` naming both values where an
 * option contradicts the voice.
 */
export function startOf(context: AppContext, model: InstalledBase, options: TrainOptions): RunStart {
  if (options.from === undefined) return { options, file: null }
  const file = fileOfVoice(context, options.from)
  const voice = readVoiceFile(file)
  checkVoice(voice, readGguf(model.path), model.sha256)
  const own = settingsOf(voice)
  const chosen: TrainOptions = { ...options, ...own }
  for (const name of DECISIVE) {
    const given = options[name]
    if (given === undefined || same(given, own[name])) continue
    throw new IdiolectError(
      'BadOption',
      `${name} is ${shown(own[name])} in the voice ${options.from}, and ${shown(given)} was given`,
      'Leave the option out to go on from this voice, or train anew.',
    )
  }
  return { options: chosen, file }
}

type Value = string | number | boolean | string[] | undefined

const same = (given: Value, own: Value): boolean =>
  Array.isArray(given) && Array.isArray(own)
    ? parseTargets(given).join() === own.join()
    : typeof given === 'number' && typeof own === 'number'
      ? // A voice's file holds its alpha in single precision.
        Math.fround(given) === Math.fround(own)
      : given === own

const shown = (value: Value): string => (Array.isArray(value) ? value.join(',') : String(value ?? 'none'))
