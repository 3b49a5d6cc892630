/** The voices' surface: cards, switching, export and import; and how a finished run becomes a voice. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { GenerationOptions, Handlers, Proof, Voice } from '../../preload/contract.ts'
import { checkVoice } from '../adapters/check-voice.ts'
import { removeMerged } from '../adapters/merge.ts'
import { exportVoice, importVoice, voicesFolder } from '../adapters/share-voice.ts'
import { underOf, withTaskAdapter } from '../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../adapters/voice-file.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { readProof } from '../evaluation/proof-file.ts'
import { readGguf } from '../gguf/read.ts'
import type { Voices, VoiceUse } from '../inference/types.ts'
import { readPlan, voiceFile } from '../trainer/run-folder.ts'
import { lineageOf, settingsOf } from '../trainer/start.ts'
import type { TrainResult } from '../trainer/types.ts'
import type { AppContext } from './context.ts'
import type { Control } from './prove.ts'
import { taskAdapterFiles } from './task-adapters.ts'

type VoiceCalls = Extract<keyof Handlers, `voices.${string}`>

/** What the store keeps of a voice; whether it is active and usable is found when asked. */
type Card = Omit<Voice, 'active' | 'usable' | 'whyNot'> & { imported: boolean }

const fileOf = (context: AppContext, id: string): string => path.join(voicesFolder(context.store.folder), `${id}.gguf`)

/** Copies the run's voice among the voices and writes its card. @returns the voice's id */
export async function keepVoice(
  context: AppContext,
  run: string,
  folder: string,
  result: TrainResult,
  proof: Proof,
): Promise<string> {
  const plan = readPlan(folder)
  const file = fileOf(context, run)
  mkdirSync(path.dirname(file), { recursive: true })
  exportVoice(voiceFile(folder), file)
  const card: Card = {
    id: run,
    name: String(plan.about.name),
    base: plan.base.id,
    createdAt: plan.createdAt,
    run,
    pieces: Number(plan.about.pieces),
    examples: plan.examples.train,
    tokens: result.tokens,
    trainingSeconds: result.seconds,
    kind: plan.settings.kind ?? 'lora',
    rank: plan.settings.rank,
    alpha: plan.settings.alpha,
    ...(plan.settings.rslora ? { rslora: true } : {}),
    ...(plan.settings.lrRatioB === undefined ? {} : { loraPlus: plan.settings.lrRatioB }),
    targets: plan.settings.targets,
    ...(plan.lineage ? { lineage: plan.lineage } : {}),
    ...(plan.under ? { under: plan.under } : {}),
    bytes: statSync(file).size,
    won: proof.won,
    gain: proof.gain.overBase.mean,
    tasks: plan.about.tasks as Card['tasks'],
    imported: false,
  }
  context.store.voices.put(run, card)
  return run
}

/** Is the file of this voice, byte for byte, that of a voice trained here? It left and came back, and is nobody else's. */
function isOwn(context: AppContext, id: string): boolean {
  const bytes = readFileSync(fileOf(context, id))
  return context.store.voices.list<Card>().some(({ id: other, card }) => {
    const file = fileOf(context, other)
    return (
      other !== id &&
      !card.imported &&
      card.bytes === bytes.length &&
      existsSync(file) &&
      readFileSync(file).equals(bytes)
    )
  })
}

/** Another person's voice that fits the base in use, as the control of a proof; null when there is none. */
export function otherVoice(context: AppContext, run: string): Control | null {
  for (const { id, card } of context.store.voices.list<Card>().reverse()) {
    if (id === run || !card.imported || whyNotUsable(context, id) !== null) continue
    const [under] = laidUnder(context, fileOf(context, id))
    return { file: fileOf(context, id), under: under ?? null, is: `the imported voice “${card.name}”` }
  }
  return null
}

/** What a voice's file tells of its training beside llama.cpp's own keys. */
function trainedAs(voice: VoiceFile): Pick<Card, 'rslora' | 'loraPlus' | 'lineage' | 'under'> & Partial<Card> {
  const { rslora, alpha } = settingsOf(voice)
  const { lrRatioB } = voice.extra
  const lineage = lineageOf(voice.extra)
  const under = underOf(voice.extra)
  return {
    ...(rslora && alpha !== undefined ? { rslora, alpha } : {}),
    ...(typeof lrRatioB === 'number' ? { loraPlus: lrRatioB } : {}),
    ...(lineage.length > 0 ? { lineage } : {}),
    ...(under ? { under } : {}),
  }
}

/** The task adapter that a voice file must lie over, or none. Errors: `NoTaskAdapter` where it is not here. */
function laidUnder(context: AppContext, file: string): string[] {
  return withTaskAdapter({ file, scale: 1 }, taskAdapterFiles(context))
    .slice(0, -1)
    .map((laid) => laid.file)
}

/**
 * The voice or voices that a call asks for, ready for use, and how they are called: an id, or `a:0.7+b:0.3`. A voice that
 * was trained over a task adapter comes with it, which is always as trained: the strength is the voice's alone.
 * @param scale strength where the call gives none
 * Errors: `UnknownVoice`, `VoiceMismatch`, `VoicesDoNotMix` for voices over different task adapters.
 */
export function voicesFor(
  context: AppContext,
  { voice, voices, scale }: Pick<GenerationOptions, 'voice' | 'voices' | 'scale'>,
  usual: number,
): { id: string; use: Voices } | null {
  const strength = scale ?? usual
  if (voices === undefined) {
    const one = voiceFor(context, voice, strength)
    return one && { id: one.id, use: over(context, [one.use]) }
  }
  if (voice !== undefined) throw new IdiolectError('BadOption', 'voice and voices were both given', 'Give one of them.')
  if (!Array.isArray(voices)) throw new IdiolectError('BadOption', 'voices is no list', null)
  const wrong = voices.find((one) => typeof one?.voice !== 'string' || !Number.isFinite(one.weight))
  if (wrong !== undefined)
    throw new IdiolectError('BadOption', `${JSON.stringify(wrong)} is no voice with its weight`, null)
  const uses = voices.map((one) => voiceFor(context, one.voice, one.weight * strength)?.use as VoiceUse)
  if (uses.length === 0) return null
  return { id: voices.map((one) => `${one.voice}:${one.weight}`).join('+'), use: over(context, uses) }
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

/** One voice: `undefined` means the one switched on, `null` none. */
function voiceFor(
  context: AppContext,
  voice: string | null | undefined,
  scale: number,
): { id: string; use: VoiceUse } | null {
  const id = voice === undefined ? (context.store.voices.active()?.id ?? null) : voice
  if (id === null) return null
  if (!context.store.voices.get(id)) throw unknown(context, id)
  const why = whyNotUsable(context, id)
  if (why) {
    // A voice that is merely switched on steps back for another base; one that was asked for by name may not.
    if (voice === undefined) return null
    throw new IdiolectError('VoiceMismatch', why, 'Choose another voice, or the base it was trained on.')
  }
  return { id, use: { file: fileOf(context, id), scale } }
}

/** Errors: IdiolectError `UnknownVoice`. */
export function fileOfVoice(context: AppContext, id: string): string {
  if (!context.store.voices.get(id)) throw unknown(context, id)
  return fileOf(context, id)
}

/** Can the base in use speak with this voice? */
export function fitsBase(context: AppContext, id: string): boolean {
  return whyNotUsable(context, id) === null
}

const checked = new Map<string, string | null>()

/** In words, or null. Remembered by file, time and base, since it reads both files. */
function whyNotUsable(context: AppContext, id: string): string | null {
  const file = fileOf(context, id)
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) return `its file ${file} is missing`
  const base = context.bases.chosen('chat')
  if (!base?.path || !base.sha256) return 'no base model is installed'
  const key = `${file}:${found.mtimeMs}:${base.sha256}`
  let why = checked.get(key)
  if (why === undefined) {
    try {
      checkVoice(readVoiceFile(file), readGguf(base.path), base.sha256)
      why = null
    } catch (error) {
      why = messageOf(error)
    }
    checked.set(key, why)
  }
  return why ?? whyNotUnder(context, file)
}

/** Not remembered: task adapters come and go. */
function whyNotUnder(context: AppContext, file: string): string | null {
  try {
    laidUnder(context, file)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

function unknown({ store }: AppContext, id: string): IdiolectError {
  const ids = store.voices.list().map((voice) => voice.id)
  return new IdiolectError(
    'UnknownVoice',
    `there is no voice ${JSON.stringify(id)}; there are: ${ids.join(', ') || 'none'}`,
    null,
  )
}

export function voiceHandlers(context: AppContext): Pick<Handlers, VoiceCalls> {
  const { store } = context
  const get = (id: string): Card => {
    const found = store.voices.get<Card>(id)
    if (!found) throw unknown(context, id)
    return found.card
  }
  const voiceOf = (card: Card): Voice => {
    const { imported: _, ...facts } = card
    const whyNot = whyNotUsable(context, card.id)
    return { ...facts, active: store.voices.active()?.id === card.id, usable: whyNot === null, whyNot }
  }
  const list = (): Voice[] =>
    store.voices
      .list<Card>()
      .map(({ card }) => voiceOf(card))
      .reverse()
  return {
    async 'voices.list'() {
      return list()
    },
    async 'voices.use'({ voice }) {
      if (voice !== null) {
        get(voice)
        const why = whyNotUsable(context, voice)
        if (why) throw new IdiolectError('VoiceMismatch', why, 'Choose the base it was trained on first.')
      }
      store.voices.setActive(voice)
      context.changed()
      return list()
    },
    async 'voices.rename'({ voice, name }) {
      const clean = name.trim()
      if (clean === '' || clean.length > 120) throw new IdiolectError('BadName', 'a name has 1 to 120 characters', null)
      const card = { ...get(voice), name: clean }
      store.voices.put(voice, card)
      return voiceOf(card)
    },
    async 'voices.remove'({ voice }) {
      get(voice)
      store.voices.remove(voice)
      rmSync(fileOf(context, voice), { force: true })
      removeMerged(fileOf(context, voice))
      context.changed()
      return { removed: true }
    },
    async 'voices.export'({ voice, file }) {
      get(voice)
      return exportVoice(fileOf(context, voice), path.resolve(file))
    },
    async 'voices.import'({ file, name }) {
      const { id, voice } = importVoice(path.resolve(file), store.folder)
      const base = context.bases.chosen('chat')
      const card: Card = {
        id,
        name: name?.trim() || voice.name || path.basename(file, path.extname(file)),
        base: voice.baseName ?? base?.id ?? 'unknown',
        createdAt: voice.createdAt ?? new Date().toISOString(),
        run: null,
        pieces: 0,
        examples: 0,
        tokens: 0,
        trainingSeconds: 0,
        kind: voice.kind,
        rank: voice.rank,
        alpha: voice.alpha,
        targets: voice.targets,
        ...trainedAs(voice),
        bytes: voice.bytes,
        won: null,
        gain: null,
        tasks: [],
        imported: !isOwn(context, id),
      }
      store.voices.put(id, card)
      context.changed()
      return voiceOf(card)
    },
    async 'voices.proof'({ voice }) {
      const { run } = get(voice)
      const folder = run === null ? null : store.runs.get(run)?.folder
      return folder ? readProof(folder) : null
    },
  }
}
