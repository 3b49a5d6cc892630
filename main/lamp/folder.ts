/**
 * What a LaMP run keeps on disk. One folder a user, with
 *   scores.jsonl    one line a scored query
 *   texts.jsonl     one line a generated answer
 * and in it a folder for each adapter of the user's (`voice`, `task+voice`); task adapters are in `tasks/`:
 *   training.json   what is being trained here (a hash of all that decides the outcome); written before training
 *   run/            the trainer's run folder
 *   voice.json      the finished voice: that hash, the trainer's result and how it was computed, the voice file's sha256;
 *                   written after training
 * In `out` itself a lock (lock.db, and lock.json while it is held) keeps other processes away.
 * A process killed at any moment leaves these so that the next run takes up what is finished and does the rest.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { writeJson } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { hashOf } from '../hash.ts'
import { parsedOrNothing } from '../lines.ts'
import { type FolderLock, lockFolder } from '../store/lock.ts'
import type { Computed } from '../trainer/computed.ts'
import type { TrainResult } from '../trainer/types.ts'

/** A voice that is finished and whole on disk. */
export interface KeptVoice {
  user: string
  file: string
  sha256: string
  training: TrainResult
}

const voiceShape = z.object({
  plan: z.string(),
  /** Relative to the user's folder, so that the whole may be moved. */
  file: z.string(),
  sha256: z.string(),
  training: z.object({
    steps: z.number(),
    tokens: z.number(),
    seconds: z.number(),
    tokensPerSecond: z.number(),
    peakMemoryBytes: z.number(),
    finalLoss: z.number(),
    bestValidation: z.number().nullable(),
  }),
})
const computedShape = z.object({
  computed: z.object({
    cpu: z.string(),
    device: z.string(),
    forms: z.string(),
    lanes: z.number(),
    threads: z.number(),
  }),
})
const trainingShape = z.object({ plan: z.string(), user: z.string() })

/**
 * The user's folder in `out`: a readable name, and 16 digits of a hash since ids may differ in signs or case only. Earlier
 * versions took six, which two users may share: such a folder is used on where it is this user's alone.
 */
export function userFolder(out: string, user: string): string {
  const readable = user.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)
  const named = (digits: number): string => path.join(out, `${readable}-${hashOf([user]).slice(0, digits)}`)
  const folder = named(16)
  if (existsSync(folder)) return folder
  const early = named(6)
  const owners = existsSync(early) ? ownersOf(early) : new Set()
  return owners.size === 1 && owners.has(user) ? early : folder
}

const ownerShape = z.object({ user: z.string() })

/** The users whose record and adapters lie in a folder. */
function ownersOf(folder: string): Set<string> {
  const adapters = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const said = ['result.json', ...adapters.map(({ name }) => path.join(name, 'training.json'))]
  return new Set(said.flatMap((file) => readJson(path.join(folder, file), ownerShape)?.user ?? []))
}

/** Holds `out` for one run until `release`. Error `OutFolderBusy` naming the process that has it. */
export function lockOut(out: string): FolderLock {
  return lockFolder(out, {
    name: 'OutFolderBusy',
    what: 'The folder',
    next: 'Wait for that run, or give this one another folder (--out): one would write over the other.',
  })
}

/** The finished voice of this very plan, or null: none, of another plan, or its file is gone or changed. */
export async function keptVoice(folder: string, user: string, plan: string): Promise<KeptVoice | null> {
  const kept = readJson(path.join(folder, 'voice.json'), voiceShape)
  if (kept?.plan !== plan) return null
  const file = path.resolve(folder, kept.file)
  if (!existsSync(file) || (await fileSha256(file)) !== kept.sha256) return null
  return { user, file, sha256: kept.sha256, training: { voiceFile: file, ...kept.training } }
}

/**
 * Makes ready to train `plan` in `folder/run` and says whether a begun run of the same plan lies there. A run of another
 * plan is removed, but only one that stands beside our own mark: error `OutFolderInUse` for a stranger's `run`.
 */
export function beginTraining(folder: string, user: string, plan: string): { runFolder: string; resume: boolean } {
  const runFolder = path.join(folder, 'run')
  const mark = path.join(folder, 'training.json')
  const begun = readJson(mark, trainingShape)
  if (existsSync(runFolder) && begun === null) {
    throw new IdiolectError(
      'OutFolderInUse',
      `${runFolder} is there and was not made by this command`,
      'Choose another folder for --out.',
    )
  }
  rmSync(path.join(folder, 'voice.json'), { force: true })
  if (begun?.plan !== plan) rmSync(runFolder, { recursive: true, force: true })
  writeJson(mark, { plan, user })
  return { runFolder, resume: existsSync(runFolder) }
}

/** Records the finished voice. Last of all: its being there means that the voice is whole. */
export async function keepVoice(
  folder: string,
  user: string,
  plan: string,
  { computed, ...training }: TrainResult & { computed?: Computed | null },
): Promise<KeptVoice> {
  const { voiceFile, ...facts } = training
  const sha256 = await fileSha256(voiceFile)
  writeJson(path.join(folder, 'voice.json'), {
    plan,
    file: path.relative(folder, voiceFile),
    sha256,
    training: facts,
    ...(computed && { computed }),
  })
  return { user, file: path.resolve(voiceFile), sha256, training }
}

/** How the finished adapters in a user's or the task adapters' folder were computed, as far as they say. */
export function computedOf(folder: string): Computed[] {
  if (!existsSync(folder)) return []
  const adapters = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return adapters.flatMap(({ name }) => readJson(path.join(folder, name, 'voice.json'), computedShape)?.computed ?? [])
}

/** sha256 of a file's bytes, hex. Error `CannotRead` naming it. */
export async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  } catch (error) {
    throw new IdiolectError('CannotRead', `${file} cannot be read: ${messageOf(error)}`, null, { cause: error })
  }
  return hash.digest('hex')
}

export function readJson<T>(file: string, shape: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null
  const checked = shape.safeParse(parsedOrNothing(readFileSync(file, 'utf8')))
  return checked.success ? checked.data : null
}
