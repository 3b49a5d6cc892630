/** A study by name: its settings run, its table made, its files written. */
import { countNumbers } from '../../adapters/count-numbers.ts'
import { readVoiceFile } from '../../adapters/voice-file.ts'
import { makeFolder } from '../../atomic.ts'
import { messageOf } from '../../errors.ts'
import type { Tokenizer } from '../../inference/types.ts'
import { promptOptions } from '../examples.ts'
import { fileSha256, lockOut } from '../folder.ts'
import { parseMethod, withVoice } from '../methods.ts'
import { budgetOf, trainPromptsOf } from '../options.ts'
import { chosenUsers, scorable } from '../users.ts'
import { type ActivityOptions, activityStudy } from './activity.ts'
import { type FormatsOptions, formatsStudy } from './formats.ts'
import { type KindsOptions, kindsStudy } from './kinds.ts'
import { MEASURES, type MeasureName } from './measure.ts'
import { writeStudy } from './report.ts'
import { createSettingRunner, type SettingRunner } from './run.ts'
import { type ShiftOptions, shiftStudy } from './shift.ts'
import { type SizeOptions, sizeStudy } from './size.ts'
import type { Study, StudyContext, StudyName } from './study.ts'

export interface StudyOptions {
  /** Of every run. */
  options: SettingRunner['options']
  /** For texts that are no prompts; one that goes on working after `options.renew`. */
  tokenizer: Pick<Tokenizer, 'tokenize' | 'endToken' | 'beginToken'>
  /** Where runs, table and picture are kept; the same folder again does only what is missing. */
  out: string
  /** How pictures and files name the base. */
  baseName: string
  /** Default: the user's voice alone. */
  methods?: readonly string[]
  /** What each is compared with. Default: a single method's own prompt without a voice; else the base. */
  against?: string
  /** Default NLL. ROUGE needs `options.generate`. */
  measure?: MeasureName
  shift?: ShiftOptions
  activity?: ActivityOptions
  formats?: Pick<FormatsOptions, 'formats' | 'newest'>
  kinds?: KindsOptions
  size?: SizeOptions
  numbersOf?: SettingRunner['numbersOf']
}

/**
 * Runs the study and writes study.json and its picture. Errors: those of `runLamp`; an abort rejects with the signal's
 * reason, and what was finished stays.
 */
export async function runStudy(
  name: StudyName,
  wanted: StudyOptions,
): Promise<{ study: Study; json: string; picture: string }> {
  const { options, out } = wanted
  const methods = wanted.methods ?? ['voice']
  const measure = MEASURES[wanted.measure ?? 'nll']
  const against = wanted.against ?? referenceOf(methods)
  // Once for all settings, which then name those who are left.
  const users = scorable(options, [...methods, against].map(parseMethod), chosenUsers(options))
  const seed = options.seed ?? 1
  const baseSha256 = options.baseSha256 ?? (await fileSha256(options.base.file))
  makeFolder(out)
  const context: StudyContext = {
    users,
    queries: options.queries,
    methods,
    against,
    measure,
    seed,
    run: createSettingRunner({
      options: { ...options, baseSha256 },
      users,
      out,
      measure,
      numbersOf: wanted.numbersOf ?? learntNumbers,
    }),
  }
  // Its settings' runs lock folders of their own; the task adapters in this one are theirs together.
  const lock = lockOut(out)
  const study = await studies[name](context, wanted).finally(lock.release)
  const files = writeStudy(out, study, {
    file: options.file.file,
    task: options.file.task,
    base: wanted.baseName,
    baseSha256,
    users: users.map(({ id }) => id),
    queries: options.queries ?? null,
    seed,
    settings: {
      maxInput: budgetOf(options).maxInput,
      trainPrompts: trainPromptsOf(options),
      ...options.settings,
    },
  })
  return { study, ...files }
}

const studies: Record<StudyName, (context: StudyContext, wanted: StudyOptions) => Promise<Study>> = {
  shift: (context, { shift }) => shiftStudy(context, shift),
  activity: (context, { activity }) => activityStudy(context, activity),
  formats: (context, { formats, options, tokenizer }) =>
    formatsStudy(context, {
      ...formats,
      tokenizer,
      builder: options.builder,
      prompt: promptOptions(budgetOf(options), 0, null),
    }),
  kinds: (context, { kinds }) => kindsStudy(context, kinds),
  size: (context, { size }) => sizeStudy(context, size),
}

function referenceOf(methods: readonly string[]): string {
  const [only] = methods
  return methods.length === 1 && only !== undefined ? withVoice(parseMethod(only), 'none') : 'base'
}

function learntNumbers(voiceFile: string): number | null {
  try {
    return countNumbers(readVoiceFile(voiceFile))
  } catch (error) {
    throw new Error(`${voiceFile} was finished and cannot be counted: ${messageOf(error)}`, { cause: error })
  }
}
