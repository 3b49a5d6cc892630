/**
 * Voices in use: which files a call for a voice, a mix or several voices stands for, and whether the base in use can speak
 * with them. Cards are made in `voice-cards.ts`, the surface is `voice-handlers.ts`.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { GenerationOptions, Said, TrainingTask, VoiceWeight } from '../../../preload/contract.ts'
import { voicesFolder } from '../../adapters/share-voice.ts'
import { withTaskAdapter } from '../../adapters/task-adapter.ts'
import { IdiolectError } from '../../errors.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { Voices, VoiceUse } from '../../inference/types.ts'
import { english, saidOf, say } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { standInsOf, taskAdapterFiles } from '../training/task-adapter-files.ts'
import type { Card } from './card.ts'
import { baseInUse, whyNoFit } from './fit.ts'

export const fileOf = (context: AppContext, id: string): string =>
  path.join(voicesFolder(context.store.folder), `${id}.gguf`)

/** The task adapter that a voice file must lie over, or none. Errors: `NoTaskAdapter` where it is not here. */
export function laidUnder(context: AppContext, file: string): string[] {
  return withTaskAdapter({ file, scale: 1 }, taskAdapterFiles(context))
    .slice(0, -1)
    .map((laid) => laid.file)
}

/**
 * The voice or voices that a call asks for, ready for use, and how they are called: an id, or `a:0.7+b:0.3`. A voice that
 * was trained over a task adapter comes with it, which is always as trained: the strength is the voice's alone. Where no
 * voice speaks and none was refused, a task adapter that learnt the task answers, under no name.
 * @param usual strength where neither the call nor the voice gives one
 * @param task that the call is about; chat and drafting are prose
 * Errors: `UnknownVoice`, `VoiceMismatch`, `VoicesDoNotMix` for voices over different task adapters.
 */
export function voicesFor(
  context: AppContext,
  { voice, voices, scale }: Pick<GenerationOptions, 'voice' | 'voices' | 'scale'>,
  usual: number,
  task: TrainingTask,
): { id: string | null; use: Voices } | null {
  if (voices === undefined) {
    const one = voiceFor(context, voice, scale, usual, task)
    if (one) return { id: one.id, use: over(context, one.uses) }
    const standIn = voice === undefined ? standInsOf(context, baseInUse(context))[task] : undefined
    return standIn === undefined ? null : { id: null, use: { file: standIn.file, scale: 1 } }
  }
  if (voice !== undefined) throw new IdiolectError('BadOption', 'voice and voices were both given', 'Give one of them.')
  checkWeights(voices)
  const uses = voices.flatMap(
    (one) => voiceFor(context, one.voice, one.weight * (scale ?? usual), usual, task)?.uses ?? [],
  )
  if (uses.length === 0) return null
  return { id: voices.map((one) => `${one.voice}:${one.weight}`).join('+'), use: over(context, uses) }
}

/** Errors: IdiolectError `BadOption`. */
export function checkWeights(voices: readonly VoiceWeight[]): void {
  if (!Array.isArray(voices)) throw new IdiolectError('BadOption', 'voices is no list', null)
  const wrong = voices.find((one) => typeof one?.voice !== 'string' || !Number.isFinite(one.weight))
  if (wrong !== undefined)
    throw new IdiolectError('BadOption', `${JSON.stringify(wrong)} is no voice with its weight`, null)
}

/** The voices, and under them, once, what they were trained over. */
function over(context: AppContext, uses: readonly VoiceUse[]): Voices {
  const under = new Set(uses.flatMap(({ file }) => laidUnder(context, file)))
  if (under.size > 1) {
    const names = [...under].map((file) => path.basename(file, '.gguf'))
    throw new IdiolectError(
      'VoicesDoNotMix',
      `the voices were trained over different task adapters: ${names.join(', ')}`,
      'Use one of them, or voices that were trained over the same.',
    )
  }
  const all = [...[...under].map((file) => ({ file, scale: 1 })), ...uses]
  return all.length === 1 ? (all[0] as VoiceUse) : all
}

/**
 * The tasks in which a voice answers by itself once it is switched on: those that it learnt and that its proof did not
 * find it worse in, of a mix those of its parts. One that learnt headlines alone chats in headlines, and was proved on
 * nothing else. All, where nobody knows.
 */
export function speaksIn(
  { store }: Pick<AppContext, 'store'>,
  { tasks, worse, mix }: Pick<Card, 'tasks' | 'worse' | 'mix'>,
): TrainingTask[] {
  // Cards are kept as they were written, by early versions too.
  const parts: Partial<Pick<Card, 'tasks' | 'worse'>>[] = mix
    ? mix.map(({ voice }) => store.voices.get<Card>(voice)?.card ?? {})
    : [{ tasks, ...(worse ? { worse } : {}) }]
  return TASK_NAMES.filter((task) =>
    parts.some(
      ({ tasks: known = [], worse: lost = [] }) => (known.length === 0 || known.includes(task)) && !lost.includes(task),
    ),
  )
}

/**
 * One voice, or all of a mix: `undefined` means the one switched on, `null` none. Without a scale its own strength counts,
 * else the usual one; a mix's strength multiplies all of its weights.
 */
function voiceFor(
  context: AppContext,
  voice: string | null | undefined,
  scale: number | undefined,
  usual: number,
  task: TrainingTask,
): { id: string; uses: VoiceUse[] } | null {
  if (voice === null) return null
  const { voices } = context.store
  const found = voice === undefined ? voices.active<Card>() : voices.get<Card>(voice)
  if (!found) {
    if (voice === undefined) return null
    throw unknownVoice(context, voice)
  }
  const { id } = found
  // A voice that is merely switched on steps back, for a task that is not one of its own or for another base; one that was
  // asked for by name may not.
  if (voice === undefined && !speaksIn(context, found.card).includes(task)) return null
  const said = whyNotUsable(context, id)
  if (said) {
    if (voice === undefined) return null
    throw new IdiolectError('VoiceMismatch', english(said), 'Choose another voice, or the base it was trained on.', {
      said,
    })
  }
  const { mix, strength } = found.card
  const factor = scale ?? strength ?? usual
  const parts = mix ?? [{ voice: id, weight: 1 }]
  return { id, uses: parts.map((one) => ({ file: fileOf(context, one.voice), scale: one.weight * factor })) }
}

/** Errors: IdiolectError `UnknownVoice`, `MixIsNoFile`. */
export function fileOfVoice(context: AppContext, id: string): string {
  const found = context.store.voices.get<Card>(id)
  if (!found) throw unknownVoice(context, id)
  if (found.card.mix)
    throw new IdiolectError(
      'MixIsNoFile',
      `“${found.card.name}” is a mix, and has no file of its own`,
      'Take one of its voices.',
    )
  return fileOf(context, id)
}

/** Can the base in use speak with this voice? */
export function fitsBase(context: AppContext, id: string): boolean {
  return whyNotUsable(context, id) === null
}

/** As said, or null. */
export function whyNotUsable(context: AppContext, id: string): Said | null {
  const mix = context.store.voices.get<Card>(id)?.card.mix
  return mix ? whyNoMix(context, mix) : whyNotFits(context, id)
}

/** Why these voices cannot speak together, or null. */
export function whyNoMix(context: AppContext, mix: readonly VoiceWeight[]): Said | null {
  for (const { voice } of mix) {
    const card = context.store.voices.get<Card>(voice)?.card
    if (!card) return say('mix.gone', voice)
    const why = whyNotFits(context, voice)
    if (why) return say('mix.part', card.name, why)
    if ((card.kind ?? 'lora') !== 'lora') return say('mix.kind', card.name, String(card.kind))
  }
  try {
    over(
      context,
      mix.map(({ voice, weight }) => ({ file: fileOf(context, voice), scale: weight })),
    )
    return null
  } catch (error) {
    return saidOf(error)
  }
}

function whyNotFits(context: AppContext, id: string): Said | null {
  const file = fileOf(context, id)
  if (!existsSync(file)) return say('voice.noFile', file)
  const base = baseInUse(context)
  if (base === null) return say('voice.noBase')
  return whyNoFit(file, base) ?? whyNotUnder(context, file)
}

/** Not remembered: task adapters come and go. */
function whyNotUnder(context: AppContext, file: string): Said | null {
  try {
    laidUnder(context, file)
    return null
  } catch (error) {
    return saidOf(error)
  }
}

export function unknownVoice({ store }: AppContext, id: string): IdiolectError {
  const ids = store.voices.list().map((voice) => voice.id)
  return new IdiolectError(
    'UnknownVoice',
    `there is no voice ${JSON.stringify(id)}; there are: ${ids.join(', ') || 'none'}`,
    null,
  )
}
