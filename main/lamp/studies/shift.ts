/**
 * Behaviour shift (OPPU, arXiv 2402.04401): is the voice of use for queries that are least like what its user wrote
 * before? One run; its queries in bins by their similarity to the history.
 */
import { similarities } from './similarity.ts'
import { rowOf, type Study, type StudyContext, type StudyRow, scoresOf } from './study.ts'

export interface ShiftOptions {
  /** Bins of equal numbers of queries; default 4. */
  bins?: number
  /** Bins of each user's own queries, so that every bin has the same users; default all users' queries together. */
  within?: boolean
}

interface Placed {
  user: string
  query: string
  similarity: number
}

export async function shiftStudy(
  context: StudyContext,
  { bins = 4, within = false }: ShiftOptions = {},
): Promise<Study> {
  const { users, queries, methods, against, run } = context
  const placed = users.map((user) =>
    [...similarities(user, queries)].map(([query, similarity]) => ({ user: user.id, query, similarity })),
  )
  const binned = within
    ? joined(
        placed.map((own) => binsOf(own, bins)),
        bins,
      )
    : binsOf(placed.flat(), bins)
  const scores = await run({ name: 'run', methods: [...new Set([against, ...methods])] })
  const names = binned.map((bin, i) => nameOf(bin, i, binned.length, within))
  const rows = methods.flatMap((series) =>
    binned.flatMap((bin, i): StudyRow[] => {
      const inside = new Set(bin.map(({ user, query }) => JSON.stringify([user, query])))
      const of = (method: string) =>
        scoresOf(scores, method).filter(({ user, query }) => inside.has(JSON.stringify([user, query])))
      const row = rowOf(context, {
        series,
        setting: names[i] as string,
        reference: of(against),
        scores: of(series),
        numbers: scores.numbers,
        seconds: scores.seconds,
        facts: { similarity: bin.reduce((sum, { similarity }) => sum + similarity, 0) / bin.length },
      })
      return row ? [row] : []
    }),
  )
  return {
    name: 'shift',
    question: 'Does the voice help with queries unlike the history?',
    axis: within
      ? "each user's queries, by likeness to the nearest item of the history (TF-IDF cosine)"
      : 'queries, by likeness to the nearest item of the history (TF-IDF cosine)',
    places: names,
    joined: true,
    chosen: null,
    against,
    measure: context.measure,
    rows,
    notes:
      within || users.length === 1
        ? []
        : ["Bins differ in their users too; --within-users makes them of each user's own queries."],
  }
}

/** Ascending in similarity, of equal sizes up to one; empty bins are left out. */
export function binsOf(placed: readonly Placed[], bins: number): Placed[][] {
  const sorted = placed.toSorted((a, b) => a.similarity - b.similarity)
  return Array.from({ length: bins }, (_, i) =>
    sorted.slice(Math.floor((i * sorted.length) / bins), Math.floor(((i + 1) * sorted.length) / bins)),
  ).filter((bin) => bin.length > 0)
}

/** A user with fewer queries than bins has some bins empty: its least like still go to the first, its most to the last. */
function joined(users: Placed[][][], bins: number): Placed[][] {
  const whole: Placed[][] = Array.from({ length: bins }, () => [])
  for (const own of users) {
    own.forEach((bin, i) => {
      const place = own.length === 1 ? 0 : Math.round((i * (bins - 1)) / (own.length - 1))
      whole[place]?.push(...bin)
    })
  }
  return whole.filter((bin) => bin.length > 0)
}

function nameOf(bin: readonly Placed[], index: number, bins: number, within: boolean): string {
  const ordinal = index === 0 ? 'least like' : index === bins - 1 ? 'most like' : `${index + 1}`
  if (within) return ordinal
  const values = bin.map(({ similarity }) => similarity)
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`
}
