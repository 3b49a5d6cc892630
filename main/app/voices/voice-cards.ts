/** Voices' cards: what the app says of a voice, written when a run is done or a file comes in. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Proof, TrainingTask } from '../../../preload/contract.ts'
import { exportVoice } from '../../adapters/share-voice.ts'
import { underOf } from '../../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../../adapters/voice-file.ts'
import { worseIn } from '../../evaluation/by-task.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import { say } from '../../said.ts'
import { hasPlan, readPlan, voiceFile } from '../../trainer/run-folder.ts'
import { lineageOf, settingsOf } from '../../trainer/start.ts'
import type { TrainResult } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import type { Control } from '../training/prove.ts'
import type { Card } from './card.ts'
import { learntIn } from './learnt.ts'
import { fileOf, laidUnder, whyNotUsable } from './voices.ts'

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
  const worse = worseIn(proof)
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
    // One that lost is on only where its owner says so, and then wherever it learnt something.
    ...(proof.won && worse.length > 0 ? { worse } : {}),
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

/**
 * Another person's voice as the control of a run's proof: it fits the base in use, its file tells that it learnt every task
 * of the run, and none of the owner's pieces is among those that it learnt from. One that learnt less, or does not tell, as
 * those of early versions and of other programs, would be beaten by the mere form of what it never learnt. Null when there
 * is none.
 */
export function otherVoice(context: AppContext, run: string): Control | null {
  const tasks = tasksOf(context, run)
  for (const { id, card } of context.store.voices.list<Card>().reverse()) {
    if (id === run || !card.imported || whyNotUsable(context, id) !== null) continue
    const learnt = learntIn(readVoiceFile(fileOf(context, id)).extra)
    if (context.store.documents.mineAmong(learnt.hashes) !== null) continue
    if (!tasks.every((task) => learnt.tasks.includes(task))) continue
    const [under] = laidUnder(context, fileOf(context, id))
    return { file: fileOf(context, id), under: under ?? null, is: say('control.imported', card.name) }
  }
  return null
}

function tasksOf({ store }: AppContext, run: string): readonly TrainingTask[] {
  const folder = store.runs.get(run)?.folder
  return folder !== undefined && hasPlan(folder) ? (readPlan(folder).about.tasks as Card['tasks']) : TASK_NAMES
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

/** The base that a voice was trained on: by its file where that is here, since it may bear another name elsewhere. */
function baseOf({ catalog, bases }: AppContext, { baseSha256, baseName }: VoiceFile): string {
  const here = catalog.listModels().find(({ role, sha256 }) => role === 'chat' && sha256 && sha256 === baseSha256)
  return here?.id ?? baseName ?? bases.chosen('chat')?.id ?? 'unknown'
}

/** The card of a file that came in. @param name as the owner called it @param file that it came from */
export function importedCard(
  context: AppContext,
  id: string,
  voice: VoiceFile,
  name: string | undefined,
  file: string,
): Card {
  return {
    id,
    name: name?.trim() || voice.name || path.basename(file, path.extname(file)),
    base: baseOf(context, voice),
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
    tasks: learntIn(voice.extra).tasks,
    imported: !isOwn(context, id),
  }
}
