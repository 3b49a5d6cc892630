/** LaMP-shaped files: users with a history and queries. Read whole, checked, and cleaned where they can be. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { IdiolectError, messageOf } from '../errors.ts'
import type { TaskName } from '../examples/types.ts'

export interface LampItem {
  id: string
  text: string
  /** Of headline: what the author called it. Of prose: the chapter, or empty. */
  title: string
  /** ISO date, or null. */
  date: string | null
}

export interface LampQuery {
  id: string
  input: string
  gold: string
  date: string | null
}

export interface LampUser {
  id: string
  task: TaskName
  /** In the order of writing. */
  profile: LampItem[]
  queries: LampQuery[]
}

export interface LampFile {
  file: string
  task: TaskName
  users: LampUser[]
  /** What was set aside or taken as it came, one sentence each, naming the user. */
  notes: string[]
}

const next = 'See the README for the shape of these files.'

const date = z.string().nullish()
const shape = z.object({
  users: z
    .array(
      z.object({
        user_id: z.string().min(1),
        profile: z.array(
          z.object({
            id: z.string(),
            text: z.string(),
            title: z.string().nullish(),
            date,
            order: z.number().optional(),
          }),
        ),
        queries: z.array(z.object({ id: z.string(), input: z.string(), gold: z.string(), date })),
      }),
    )
    .min(1),
})
type RawUser = z.infer<typeof shape>['users'][number]

/**
 * Reads `{task, users: [{user_id, profile: [{id, text, title?, date?}], queries: [{id, input, gold, date?}]}]}`.
 * The task is the first word of `task`: `headline`, or `prose` (also called `style`).
 *
 * Items without text (or title, where that is the answer), queries without input or gold, and ids used twice are set
 * aside; a history whose items are not all dated keeps the order of the file. Each is said in `notes`.
 * Errors: `BadLampFile` naming the file, the place in it, what was found and what was wanted.
 */
export function readLampFile(file: string): LampFile {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    throw new IdiolectError('BadLampFile', `${file} ${what}: ${messageOf(error)}`, next, { cause: error })
  }
  // The task first: other tasks' files have other gold answers, and the task is the better reason.
  const task = taskOf(checkedAs(z.object({ task: z.string() }), value, file).task, file)
  const data = checkedAs(shape, value, file)
  const notes: string[] = []
  const seen = new Set<string>()
  const users = data.users.map((user) => {
    if (seen.has(user.user_id)) {
      throw new IdiolectError('BadLampFile', `${file}: the user "${user.user_id}" stands in it twice`, next)
    }
    seen.add(user.user_id)
    return cleanUser(user, task, (note) => notes.push(`${user.user_id}: ${note}`))
  })
  return { file, task, users, notes }
}

function taskOf(text: string, file: string): TaskName {
  const word = /^[\w-]*/.exec(text)?.[0] ?? ''
  if (word === 'headline' || word === 'prose') return word
  if (word === 'style') return 'prose'
  throw new IdiolectError(
    'BadLampFile',
    `${file}: its task is "${text.slice(0, 60)}", and only headline and prose can be run`,
    'Choose a file of one of these tasks.',
  )
}

function checkedAs<T>(wanted: z.ZodType<T>, value: unknown, file: string): T {
  const checked = wanted.safeParse(value)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const more = checked.error.issues.length - 1
  throw new IdiolectError(
    'BadLampFile',
    `${file}: ${place(issue?.path ?? [])}: ${issue?.message}${more > 0 ? ` (and ${more} more)` : ''}`,
    next,
  )
}

/** `users[3].profile[12].text`; the file itself for an empty path. */
function place(path: PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('')
}

function cleanUser(raw: RawUser, task: TaskName, note: (text: string) => void): LampUser {
  const ids = new Set<string>()
  const empty: string[] = []
  const twice: string[] = []
  const keep = (id: string, texts: string[]): boolean => {
    if (texts.some((text) => text.trim() === '')) empty.push(id)
    else if (ids.has(id)) twice.push(id)
    else {
      ids.add(id)
      return true
    }
    return false
  }
  const kept = raw.profile.filter((item) =>
    keep(item.id, task === 'headline' ? [item.text, item.title ?? ''] : [item.text]),
  )
  const emptyItems = empty.splice(0)
  const twiceItems = twice.splice(0)
  // The ids of the history stay in the set: a query that is also history would be trained on and then asked.
  const queries = raw.queries.filter((query) => keep(query.id, [query.input, query.gold]))

  const wanted = task === 'headline' ? 'text or title' : 'text'
  if (emptyItems.length > 0) note(`${list(emptyItems, 'item')} of the history without ${wanted} set aside`)
  if (twiceItems.length > 0) note(`${list(twiceItems, 'item')} of the history with an id used before set aside`)
  if (empty.length > 0) note(`${list(empty, 'query', 'queries')} without input or gold set aside`)
  if (twice.length > 0) note(`${list(twice, 'query', 'queries')} with an id used before set aside`)
  const ordered = order(kept, note)
  const last = ordered.at(-1)?.date
  const early = queries.filter((query) => query.date && last && query.date < last).map((query) => query.id)
  if (early.length > 0) note(`${list(early, 'query', 'queries')} dated before the last item of the history (${last})`)
  return {
    id: raw.user_id,
    task,
    profile: ordered.map(({ id, text, title, date }) => ({ id, text, title: title ?? '', date: date ?? null })),
    queries: queries.map(({ id, input, gold, date }) => ({ id, input, gold, date: date ?? null })),
  }
}

/** By `order` where every item has one, else by date where every item has one, else as in the file; ties as in the file. */
function order(items: RawUser['profile'], note: (text: string) => void): RawUser['profile'] {
  if (items.every((item) => item.order !== undefined)) {
    return items.toSorted((a, b) => (a.order as number) - (b.order as number))
  }
  const undated = items.filter((item) => !item.date).length
  if (undated > 0) {
    note(`${undated} of ${items.length} items of the history have no date; the order of the file is taken for time`)
    return items
  }
  // ISO dates order as text.
  return items.toSorted((a, b) => ((a.date as string) < (b.date as string) ? -1 : a.date === b.date ? 0 : 1))
}

function list(ids: string[], one: string, many = `${one}s`): string {
  const named = ids.slice(0, 3).join(', ') + (ids.length > 3 ? ', …' : '')
  return `${ids.length} ${ids.length === 1 ? one : many} (${named})`
}
