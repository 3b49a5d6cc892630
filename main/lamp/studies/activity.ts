/**
 * Activity (OPPU, arXiv 2402.04401): how much history a voice needs. The history is cut to its last 5, 10, 20, 50, 100
 * items, for the voice and for retrieval alike; the queries stay.
 */
import { lampHistory } from '../examples.ts'
import type { LampUser } from '../types.ts'
import {
  compareWithChosen,
  type Measured,
  measuredAt,
  runReference,
  type Study,
  type StudyContext,
  scoresOf,
} from './study.ts'

export interface ActivityOptions {
  /** Items, ascending; all of them is always the last level. */
  levels?: readonly number[]
}

const LEVELS = [5, 10, 20, 50, 100]
const ALL = 'all'

/** A level has the users who have so many items; `overChosen` compares it with all items of the same users. */
export async function activityStudy(context: StudyContext, { levels = LEVELS }: ActivityOptions = {}): Promise<Study> {
  const { users, methods, against, run } = context
  // What needs no history is the same at every level.
  const shared = against === 'base' ? await runReference(context) : null
  const measured: Measured[] = []
  const skipped: number[] = []
  for (const level of [...levels, ALL] as const) {
    const chosen = users.filter((user) => level === ALL || lampHistory(user).length > level)
    if (chosen.length === 0) {
      skipped.push(Number(level))
      continue
    }
    const scores = await run({
      name: `last ${level}`,
      users: chosen.map(({ id }) => id),
      methods: shared ? methods : [...new Set([against, ...methods])],
      ...(level === ALL ? {} : { history: (user: LampUser) => lastItems(user, level) }),
    })
    const reference = shared ?? scoresOf(scores, against)
    measured.push(...measuredAt(context, String(level), scores, reference))
  }
  return {
    name: 'activity',
    question: 'How much history does a voice need?',
    axis: 'items of history, the last ones',
    places: [...levels.filter((level) => !skipped.includes(level)).map(String), ALL],
    joined: true,
    chosen: ALL,
    against,
    measure: context.measure,
    rows: compareWithChosen(context, measured, ALL),
    notes: [
      'A level has the users with more items than that, so users differ between levels; the gain over all items is of the same users.',
      ...(skipped.length > 0 ? [`No user has more than ${skipped[0]} items.`] : []),
    ],
  }
}

/** The user with the last `count` answered items; of prose one passage more, which is the first one's input. */
export function lastItems(user: LampUser, count: number): LampUser {
  return { ...user, profile: user.profile.slice(-(user.task === 'prose' ? count + 1 : count)) }
}
