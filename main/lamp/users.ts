/** Who of a file takes part in a run: those asked for, those who can be scored, a shard of them, and whose voices stand for another's. */
import { IdiolectError } from '../errors.ts'
import { seeded, shuffle } from '../random.ts'
import { lampHistory } from './examples.ts'
import type { Method } from './methods.ts'
import type { LampRunOptions } from './options.ts'
import type { LampUser } from './types.ts'

/** Those asked for, in the order asked, each once. Error `UnknownUser`. */
export function chosenUsers({ file, users }: Pick<LampRunOptions, 'file' | 'users'>): LampUser[] {
  if (users === undefined) return file.users
  const byId = new Map(file.users.map((user) => [user.id, user]))
  return [...new Set(users)].map((id) => {
    const user = byId.get(id)
    if (user) return user
    const known = file.users.slice(0, 20).map((candidate) => candidate.id)
    throw new IdiolectError(
      'UnknownUser',
      `${file.file} has no user "${id}"`,
      `Choose from ${known.join(', ')}${file.users.length > known.length ? ', ...' : ''}.`,
    )
  })
}

type Limits = Pick<LampRunOptions, 'queries' | 'examples'>

/** Why a user cannot be scored; null where it can. */
function lackOf({ queries: most, examples }: Limits, needsVoice: boolean, user: LampUser): string | null {
  const queries = Math.min(user.queries.length, most ?? Number.POSITIVE_INFINITY)
  const items = ((needsVoice ? examples?.(user) : undefined) ?? lampHistory(user)).length
  if (queries > 0 && (items > 0 || !needsVoice)) return null
  return `${user.id} has ${queries} usable queries and ${items} usable items of history`
}

/**
 * Those who have queries and, where a voice is wanted, something to train it on. In a whole file the others are left out
 * with a note: one of thousands must not stop the rest. Who was named is missed, and so is an error.
 */
export function scorable(
  options: Limits & Pick<LampRunOptions, 'users' | 'onProgress'>,
  methods: readonly Pick<Method, 'voice'>[],
  users: LampUser[],
): LampUser[] {
  const needsVoice = methods.some(({ voice }) => voice !== 'none')
  const lacking = users.flatMap((user) => {
    const why = lackOf(options, needsVoice, user)
    return why === null ? [] : [{ user, why }]
  })
  const [first] = lacking
  if (first && (options.users !== undefined || lacking.length === users.length))
    throw new IdiolectError('NothingToScore', first.why, 'Leave this user out.')
  for (const { why } of lacking) options.onProgress?.({ user: null, stage: 'note', message: `${why}: left out` })
  const out = new Set(lacking.map(({ user }) => user))
  return users.filter((user) => !out.has(user))
}

/** Of the whole file, whoever was chosen: a choice of users changes no number of those chosen. */
export function withVoices({
  file,
  history,
  ...limits
}: Limits & Pick<LampRunOptions, 'file' | 'history'>): LampUser[] {
  return file.users.map((user) => history?.(user) ?? user).filter((user) => lackOf(limits, true, user) === null)
}

/** The users of one shard. Error `BadShard`. */
export function shardOf(users: LampUser[], shard: LampRunOptions['shard']): LampUser[] {
  if (shard === undefined) return users
  const { index, of } = shard
  if (!(Number.isInteger(index) && Number.isInteger(of) && index >= 0 && index < of)) {
    throw new IdiolectError('BadShard', `There is no shard ${index} of ${of}`, 'Shards are 0/n to (n-1)/n.')
  }
  return users.filter((_, i) => i % of === index)
}

/**
 * The users whose voices stand for "another's": one panel for everyone, so that the work grows with the users and not
 * with their square. One more than wanted, since nobody is another to himself. Error `TooFewUsers`.
 * @param able those of the whole file
 */
export function panelOf(
  able: readonly LampUser[],
  { others, seed, file }: { others: number; seed: number; file: string },
): LampUser[] {
  if (able.length < 2) {
    throw new IdiolectError(
      'TooFewUsers',
      `The method "other" needs the voices of 2 or more users, and ${file} has ${able.length} (${able[0]?.id})`,
      'Take a file of more users, or leave "other" out of the methods.',
    )
  }
  return drawnOf(able, others + 1, seed)
}

/** The same whatever the order of the file. */
function drawnOf(users: readonly LampUser[], count: number, seed: number): LampUser[] {
  if (users.length <= count) return [...users]
  return shuffle(
    [...users].sort((a, b) => (a.id < b.id ? -1 : 1)),
    seeded(`others/${seed}`),
  ).slice(0, count)
}

export interface Lent {
  users: LampUser[]
  /** How many of them had another task adapter under them while training than lies under them here. */
  foreign: number
}

/**
 * Whose voices are laid over a user's task adapter: those of the users whom the same one serves, since a voice knows the
 * one it was trained over, as the user's own does; of the panel where there are too few.
 * @param able as of `panelOf`
 * @param taskOf names the task adapter that serves a user; one that was trained on other people altogether serves all
 */
export function createMates(
  {
    able,
    panel,
    others,
    seed,
  }: { able: readonly LampUser[]; panel: readonly LampUser[]; others: number; seed: number },
  taskOf: (user: LampUser) => string | null,
): (user: LampUser) => Lent {
  const byTask = new Map<string | null, LampUser[]>()
  for (const user of able) byTask.set(taskOf(user), [])
  for (const user of able) byTask.get(taskOf(user))?.push(user)
  const drawn = new Map([...byTask].map(([task, users]) => [task, drawnOf(users, others + 1, seed)]))
  return (user) => {
    const mates = (drawn.get(taskOf(user)) ?? []).filter(({ id }) => id !== user.id).slice(0, others)
    const known = new Set([user.id, ...mates.map(({ id }) => id)])
    const strangers = panel.filter(({ id }) => !known.has(id)).slice(0, others - mates.length)
    return { users: [...mates, ...strangers], foreign: strangers.filter((one) => taskOf(one) !== taskOf(user)).length }
  }
}
