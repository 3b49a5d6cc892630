/** What a run is about: which tasks, on which pieces of the library, and what was left out and why. */
import type { Said, TrainingTask } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { MOST_UNASKED } from '../../examples/defaults.ts'
import { queriesOf } from '../../examples/queries.ts'
import { scaleOf } from '../../examples/rate.ts'
import { boundedHistory, spread } from '../../examples/spread.ts'
import { MOST_COMPARED, vocabularyOf } from '../../examples/tag.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { TaskQuery } from '../../examples/types.ts'
import { english, say } from '../../said.ts'
import type { Store } from '../../store/store.ts'
import { createAcceptedTest } from '../labels/accepted.ts'
import { pickedQueries } from '../labels/picks.ts'
import { type LearntBefore, splitLibrary } from './run-split.ts'

/** Queries of one task, oldest first, none of them in two parts. */
export interface TaskParts {
  task: TrainingTask
  /** All of the training side: what retrieval may show. */
  earlier: TaskQuery[]
  /** Those of them that are learnt from. */
  training: TaskQuery[]
  validation: TaskQuery[]
  proof: TaskQuery[]
}

export interface RunTasks {
  pieces: number
  /** Ids of these pieces. */
  library: string[]
  parts: TaskParts[]
  /** The scores of the training side's scale: what is held out decides nothing. */
  scale: number[]
  /** Tags of the training side, the most used first, as many as are compared in use. */
  vocabulary: string[]
  /** What is to be expected of few pieces, what was left out and why, what was done about ratings; or null. */
  note: string | null
  noteSaid: Said | null
  /** See `LearntBefore`. */
  unknownStart: string | null
}

/**
 * Bounds of each task: what is held out is spread evenly over its time. Prose answers are ten times as long as
 * headlines: without bounds they would take all of the training's time and all of the proof's weight.
 */
const MOST: Record<TrainingTask, { training: number; validation: number; proof: number }> = {
  headline: { training: 4000, validation: 40, proof: 40 },
  tag: { training: 4000, validation: 40, proof: 40 },
  rate: { training: 4000, validation: 40, proof: 40 },
  prose: { training: 64, validation: 6, proof: 8 },
}
/** Pieces with tags or ratings, of more than one kind, from which on these are learnt without being asked for. */
const LEAST_LABELS = 12
/**
 * @param wanted tasks that are asked for: learnt from whatever there is; undefined: those that the library has enough of
 * @param before what the voice that the run goes on from has learnt, or null
 * Errors: IdiolectError `TooFewPieces`.
 */
export function runTasks(
  store: Store,
  wanted: readonly TrainingTask[] | undefined,
  before: LearntBefore | null = null,
): RunTasks {
  const split = splitLibrary(store, before)
  if (!split.enough)
    throw new IdiolectError('TooFewPieces', split.note ?? 'there are too few pieces', 'Import more of your writing.', {
      ...(split.said ? { said: split.said } : {}),
    })
  const scale = scaleOf(split.training.map(({ rating }) => rating))
  const parts: TaskParts[] = []
  const leftOut: Said[] = []
  const isAccepted = createAcceptedTest(store)
  let accepted = 0
  /** What the owner took as the assistant said it proves nothing of the assistant. */
  const owns = (queries: TaskQuery[]): TaskQuery[] => {
    const own = queries.filter((query) => !isAccepted(query))
    accepted += queries.length - own.length
    return own
  }
  for (const task of new Set(wanted ?? TASK_NAMES)) {
    const own = queriesOf(task, split.training, scale).queries
    const picked = pickedQueries(store, task, split.isHeldOut, scale.scores)
    const earlier = [...own, ...picked]
    const why = earlier.length === 0 ? say('note.lacks', task) : wanted ? null : tooFew(task, earlier)
    if (why !== null) {
      // Nobody misses ratings who never gave any.
      if (wanted || earlier.length > 0) leftOut.push(say('note.leftOut', task, why))
      continue
    }
    const most = MOST[task]
    const room = wanted ? most.training : MOST_UNASKED[task]
    // What the owner chose is learnt before anything else, but never so much that it crowds out what the owner wrote.
    const chosen = picked.slice(0, Math.max(Math.floor(room / 2), room - own.length))
    parts.push({
      task,
      earlier,
      training: [...boundedHistory(task, own, room - chosen.length), ...chosen],
      validation: spread(owns(queriesOf(task, split.validation, scale).queries), most.validation),
      proof: spread(owns(queriesOf(task, split.proof, scale).queries), most.proof),
    })
  }
  if (parts.length === 0) {
    throw new IdiolectError(
      'TooFewPieces',
      leftOut.length === 0 ? 'no piece has anything to learn from' : leftOut.map(english).join('; '),
      'Choose other tasks, or import pieces with titles, tags or ratings.',
      { said: leftOut.length === 0 ? say('note.nothing') : say('note.list', leftOut) },
    )
  }
  const aboutScale = parts.some(({ task }) => task === 'rate') ? scale.said : null
  const unknownStart = before?.unknown ?? null
  const aboutStart = unknownStart === null ? null : say('note.unknownStart', unknownStart)
  const aboutAccepted = accepted > 0 ? say('note.accepted', accepted) : null
  const notes = [split.said, aboutStart, ...split.notes, ...leftOut, aboutAccepted, aboutScale].filter(
    (s) => s !== null,
  )
  const noteSaid = notes.length === 0 ? null : say('note.list', notes)
  const { library } = split
  const vocabulary = vocabularyOf(split.training)
    .slice(0, MOST_COMPARED)
    .map(({ tag }) => tag)
  const note = noteSaid && english(noteSaid)
  return { pieces: library.length, library, parts, scale: scale.scores, vocabulary, note, noteSaid, unknownStart }
}

/** Why tags or ratings are not learnt unasked, or null. */
function tooFew(task: TrainingTask, queries: readonly TaskQuery[]): Said | null {
  if (task !== 'tag' && task !== 'rate') return null
  if (queries.length < LEAST_LABELS) return say('note.fewLabels', task, queries.length, LEAST_LABELS)
  const one = new Set(queries.map(({ answer }) => answer)).size === 1
  return one ? say('note.allSame') : null
}
