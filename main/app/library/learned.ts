/**
 * What a run learnt from: written beside its plan when it is prepared, read for the voice's page. The library may have
 * changed since: what a piece is called and dated stays as it was then, what became of it is asked now.
 *   <run>/learned.json
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Learned, LearnedPiece, TrainingTask } from '../../../preload/contract.ts'
import { writeJson } from '../../atomic.ts'
import type { TaskQuery } from '../../examples/types.ts'
import type { Store } from '../../store/store.ts'
import { hasPlan, readLog, readPlan, readResult } from '../../trainer/run-folder.ts'
import type { AppContext } from '../context.ts'

type Noted = Omit<LearnedPiece, 'now'>

export interface LearnedNote {
  pieces: Noted[]
  /** Ids of all pieces that were the owner's then, whether a task had use for them or not. */
  library: string[]
}

const fileIn = (folder: string): string => path.join(folder, 'learned.json')
const PARTS = ['training', 'validation', 'proof'] as const
/** A task's queries, part by part. */
type TaskQueries = { task: TrainingTask } & Record<(typeof PARTS)[number], TaskQuery[]>

/** One entry a piece and part, with the tasks that it served. */
export function learnedNote(parts: readonly TaskQueries[], library: string[]): LearnedNote {
  const pieces = new Map<string, Noted>()
  for (const { task, ...queries } of parts) {
    for (const part of PARTS) for (const query of queries[part]) add(pieces, part, task, query)
  }
  return { pieces: [...pieces.values()].sort((a, b) => ((a.date ?? '') < (b.date ?? '') ? -1 : 1)), library }
}

function add(pieces: Map<string, Noted>, part: Noted['part'], task: TrainingTask, query: TaskQuery): void {
  const { document, made } = originOf(query.document)
  const key = `${part}|${document ?? made}`
  const known = pieces.get(key)
  if (known) {
    if (!known.tasks.includes(task)) known.tasks.push(task)
    return
  }
  const { title, date } = query
  pieces.set(key, { document, ...(made ? { made } : {}), title, date: date || null, tasks: [task], part })
}

/**
 * What was picked in the app is called after its task, `headline:<id>`, and a draft's passages `draft:<id>:<run>` (picks.ts):
 * neither is a piece of the library, whose ids have no colon. A draft is one, however many of its runs were learnt.
 */
function originOf(name: string): Pick<Noted, 'document' | 'made'> {
  const [, made] = /^(draft:[^:]+|(?:headline|tag|rate):.+)/.exec(name) ?? []
  return made === undefined ? { document: name } : { document: null, made }
}

export function writeLearned(folder: string, note: LearnedNote): void {
  writeJson(fileIn(folder), note)
}

/** Null where nothing was noted. */
export function readLearned(folder: string): LearnedNote | null {
  const file = fileIn(folder)
  if (!existsSync(file)) return null
  try {
    const note = JSON.parse(readFileSync(file, 'utf8')) as LearnedNote
    // Early versions took a draft for a piece of the library.
    return {
      ...note,
      pieces: note.pieces.map((piece) => (piece.document ? { ...piece, ...originOf(piece.document) } : piece)),
    }
  } catch {
    // A note that a disk error broke: the voice is as good as before.
    return null
  }
}

const NOTHING: Learned = { pieces: null, settings: null, run: null, steps: [] }

/** @param folder of the run; null for a voice without one */
export function learnedOf({ store }: Pick<AppContext, 'store'>, folder: string | null): Learned {
  if (folder === null || !hasPlan(folder)) return NOTHING
  const { settings, createdAt, base, about } = readPlan(folder)
  const result = readResult(folder)
  const { lr, epochs, batch, dropout, warmup, weightDecay, clip, seed, threads, device = 'cpu' } = settings
  const profiles = (about.profiles ?? {}) as Record<string, string>
  return {
    pieces: readLearned(folder)?.pieces.map((piece) => ({ ...piece, now: statusOf(store, piece.document) })) ?? null,
    settings: {
      ...{ lr, epochs, batch, dropout, warmup, weightDecay, clip, seed, threads, device },
      profile: Object.keys(profiles).length > 0,
    },
    run: result && {
      startedAt: createdAt,
      base: base.id,
      baseSha256: base.sha256,
      steps: result.steps,
      tokens: result.tokens,
      seconds: result.seconds,
      tokensPerSecond: result.tokensPerSecond,
      peakMemoryBytes: result.peakMemoryBytes,
      finalLoss: result.finalLoss,
      bestValidation: result.bestValidation,
    },
    steps: readLog(folder),
  }
}

function statusOf({ documents }: Store, id: string | null): LearnedPiece['now'] {
  if (id === null) return 'mine'
  return documents.get(id)?.status ?? 'gone'
}
