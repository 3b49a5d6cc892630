/** What a user's voice, or a task adapter, is trained on: history as examples whose prompts are those of use. */
import { drawnMix } from '../examples/mix.ts'
import { spread } from '../examples/spread.ts'
import type { BuildExample } from '../examples/types.ts'
import { seeded, shuffle } from '../random.ts'
import type { TokenExample } from '../trainer/types.ts'
import { type LampSearch, lampHistory, lampSearch, type PromptBudget, promptOptions } from './examples.ts'
import { withoutHeldOut } from './held-out.ts'
import type { LampUser } from './types.ts'

/**
 * Prompts while training. `plain`: the query alone. `same`: what the method shows in use. `mixed`: each item once, with
 * 0, 1 or 2 earlier items, half of them with the profile where the run has profiles; so one voice serves every method.
 */
export const TRAIN_PROMPTS = ['plain', 'same', 'mixed'] as const
export type TrainPrompts = (typeof TRAIN_PROMPTS)[number]

/** `mixed`, or what every prompt shows. */
export type PromptMix = 'mixed' | { retrieved: number; profile: boolean }

export interface TrainingSource {
  user: LampUser
  /** Null for a run without profiles. */
  profile: string | null
  /** Which items of `lampHistory`; default all. */
  items?: number[]
}

/** Who finds what an item is shown: BM25 when not given. */
export type EarlierItems = Pick<LampSearch, 'earlier'>

/**
 * The chosen items, each once, in order. What a mix shows before an item depends on the seed, the user and the item
 * alone: neither on the methods asked for nor on the other items chosen.
 */
export function trainingExamples(
  { user, profile, items }: TrainingSource,
  builder: { example: BuildExample },
  { mix, budget, seed, search: given }: { mix: PromptMix; budget: PromptBudget; seed: number; search?: EarlierItems },
): TokenExample[] {
  const history = lampHistory(user)
  let search: EarlierItems | null = given ?? null
  return (items ?? history.map((_, index) => index)).flatMap((index) => {
    const query = history[index]
    if (query === undefined) return []
    const shown = mix === 'mixed' ? drawnMix(seed, user.id, query.document) : mix
    search ??= lampSearch(user)
    const retrieved = shown.retrieved === 0 ? [] : search.earlier(index, shown.retrieved)
    const options = promptOptions(budget, shown.retrieved, shown.profile ? profile : null)
    return [builder.example(query, retrieved, options)]
  })
}

/**
 * The fold of each user, 0 to `folds` - 1, in the users' order: largest histories first, each into the fold that has
 * least so far, so that folds are of like size. The order of the file changes nothing.
 */
export function foldsOf(users: readonly LampUser[], folds: number): number[] {
  const order = users
    .map((user, at) => ({ at, id: user.id, size: user.profile.length }))
    .sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1))
  const sizes = Array.from({ length: folds }, () => 0)
  const fold = new Array<number>(users.length).fill(0)
  for (const { at, size } of order) {
    const least = sizes.indexOf(Math.min(...sizes))
    fold[at] = least
    // One more than the items, so that users without any are spread too.
    sizes[least] = (sizes[least] ?? 0) + size + 1
  }
  return fold
}

/** `most` shared out evenly: whoever has less than an even share gives all, and the rest is shared among the others. */
export function evenShares(sizes: readonly number[], most: number): number[] {
  const shares = sizes.map(() => 0)
  let left = Math.min(
    most,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  let open = sizes.flatMap((size, i) => (size > 0 ? [i] : []))
  while (left > 0 && open.length > 0) {
    const each = Math.max(1, Math.floor(left / open.length))
    for (const i of open) {
      const more = Math.min(each, left, (sizes[i] ?? 0) - (shares[i] ?? 0))
      shares[i] = (shares[i] ?? 0) + more
      left -= more
    }
    open = open.filter((i) => (shares[i] ?? 0) < (sizes[i] ?? 0))
  }
  return shares
}

/**
 * What a task adapter is trained on: items of the `trainers`' histories, at most `most` in all, of each user evenly over
 * time. Where they do not go round, the seed and the ids alone decide whose are taken, not the order of the file. What holds the text of a query of the users it will serve is no part of those histories, so that it stands in no
 * prompt either.
 */
export function taskSources(
  trainers: readonly LampUser[],
  served: readonly LampUser[],
  most: number,
  seed: number,
): { user: LampUser; items: number[] }[] {
  const users = withoutHeldOut(trainers, served)
  const drawn = shuffle(
    [...users].sort((a, b) => (a.id < b.id ? -1 : 1)),
    seeded(`teachers/${seed}`),
  )
  const sizes = drawn.map((user) => lampHistory(user).length)
  const shares = evenShares(sizes, most)
  const taken = new Map(drawn.map((user, i) => [user, spread([...Array(sizes[i] ?? 0).keys()], shares[i] ?? 0)]))
  return users.flatMap((user) => {
    const items = taken.get(user) ?? []
    return items.length === 0 ? [] : [{ user, items }]
  })
}
