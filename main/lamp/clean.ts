/**
 * One user's history and queries made fit to be measured with: what cannot be used is set aside, what gives a held-out
 * answer away is left out of the history, and each is said in a sentence. Knows no files.
 */
import type { TaskName } from '../examples/types.ts'
import { createHeldOut } from './held-out.ts'
import { normalized } from './same-piece.ts'
import type { LampUser } from './types.ts'

export interface RawItem {
  id: string
  /** Null where the answer stands alone. */
  text: string | null
  /** The piece by itself, to be known again in a query. */
  body: string
  title: string
  answer: string
  date: string | null
  order?: number
}

export interface RawQuery {
  id: string
  input: string
  /** The piece asked about, to be known again in a history, where it is not the input as it stands. */
  piece?: string
  gold: string
  golds?: string[]
  date: string | null
}

export interface RawUser {
  id: string
  labels?: string[]
  profile: RawItem[]
  queries: RawQuery[]
}

export interface CleanOptions {
  task: TaskName
  /** History and queries share one set of ids: a query with an id of the history is that very piece. */
  sharedIds: boolean
  /** What the file calls text and answer, for the notes. */
  words?: { text: string | null; answer: string }
}

const WORDS: Record<TaskName, { text: string; answer: string }> = {
  headline: { text: 'text', answer: 'title' },
  tag: { text: 'text', answer: 'tag' },
  rate: { text: 'text', answer: 'score' },
  prose: { text: 'text', answer: 'text' },
}

/** An answer of fewer words stands in a text by nature. */
const TELLING_WORDS = 3

/** A score in digits ("4.0" is "4"); what is no number stays as it is and will be out of range. */
export function scoreText(value: unknown): string {
  const text = String(value ?? '').trim()
  return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text
}

/**
 * Set aside: items without text or answer, queries without input or gold, scores that are not 1, 2, 3, 4 or 5, ids used
 * twice, an item that repeats another's text and answer, and an item that holds a query's own text (for prose and for
 * bare answers its gold): under whatever id, it would bring the held-out answer into training and retrieval.
 * Kept, and said: the same text with another answer, queries asked twice, answers that stand in their own input, tags
 * with commas, golds that are not among the labels, golds without a Latin letter or digit (ROUGE sees nothing else),
 * queries dated before the history's end.
 * A history whose items are not all dated keeps the order of the file.
 */
export function cleanUser(raw: RawUser, options: CleanOptions, note: (text: string) => void): LampUser {
  const { task } = options
  const isLabel = task === 'tag' || task === 'rate'
  const say = (ids: string[], one: string, many: string, rest: string): void => {
    if (ids.length > 0) note(`${list(ids, one, many)} ${rest}`)
  }
  const ids = new Set<string>()
  const profile = sift(raw.profile, ids, task, ({ text, answer }) => [text ?? answer, answer])
  if (!options.sharedIds) ids.clear()
  // The ids of the history stay in the set: a query that is also history would be trained on and then asked.
  const queries = sift(raw.queries, ids, task, ({ input, gold }) => [input, gold])
  const words = options.words ?? WORDS[task]
  const wanted = words.text === null || words.text === words.answer ? words.answer : `${words.text} or ${words.answer}`
  say(profile.empty, 'item', 'items', `of the history without ${wanted} set aside`)
  say(profile.twice, 'item', 'items', 'of the history with an id used before set aside')
  say(profile.outside, 'item', 'items', 'of the history with a score that is not 1, 2, 3, 4 or 5 set aside')
  say(queries.empty, 'query', 'queries', 'without input or gold set aside')
  say(queries.twice, 'query', 'queries', 'with an id used before set aside')
  say(queries.outside, 'query', 'queries', 'with a score that is not 1, 2, 3, 4 or 5 set aside')

  const kept = withoutRepeats(profile.kept, say)
  const safe = withoutHeldOut(kept, queries.kept, task, say)
  sayQueries(queries.kept, say)
  if (isLabel) {
    // A benchmark's labels are a fixed set.
    const own = options.words === undefined && task === 'tag'
    if (own) sayCommas([...safe.map(({ answer }) => answer), ...queries.kept.map(({ gold }) => gold)], note)
    const labels = new Set(raw.labels?.map((label) => label.trim()))
    const foreign = queries.kept.filter(({ gold }) => task === 'tag' && raw.labels && !labels.has(gold.trim()))
    say(foreign.map(idOf), 'query', 'queries', 'whose gold is not among the labels: asked, and never answered rightly')
  } else {
    const given = safe.filter(({ text, answer }) => task === 'headline' && standsIn(answer, text))
    say(given.map(idOf), 'item', 'items', `of the history whose ${words.answer} stands in its ${words.text}: kept`)
    const asked = queries.kept.filter(({ input, gold }) => standsIn(gold, input))
    say(asked.map(idOf), 'query', 'queries', 'whose gold stands in its input: asked all the same')
    const mute = queries.kept.filter(({ gold }) => !/[a-z0-9]/i.test(gold))
    say(mute.map(idOf), 'query', 'queries', 'whose gold has no Latin letter or digit: ROUGE is 0 whatever is written')
  }
  const ordered = inOrder(safe, note)
  const last = ordered.at(-1)?.date
  const early = queries.kept.filter(({ date }) => date && last && date < last)
  say(early.map(idOf), 'query', 'queries', `dated before the last item of the history (${last})`)
  if (ordered.length === 0) note('nothing is left of its history')
  else if (ordered.length === 1) note(`its history is one item${task === 'prose' ? ', which makes no example' : ''}`)
  const tidy = (answer: string): string => (isLabel ? answer.trim() : answer)
  return {
    id: raw.id,
    task,
    ...(raw.labels && { labels: [...new Set(raw.labels.map(tidy))] }),
    profile: ordered.map(({ id, text, title, answer, date }) => ({
      id,
      text: text ?? '',
      title,
      answer: tidy(answer),
      date,
    })),
    queries: queries.kept.map(({ id, input, piece = input, gold, golds, date }) => ({
      id,
      input,
      ...(piece !== input && { piece }),
      gold: tidy(gold),
      ...(golds && { golds: [...new Set([gold, ...golds].map(tidy))] }),
      date,
    })),
  }
}

type Say = (ids: string[], one: string, many: string, rest: string) => void

/** `texts` of an entry: what it cannot do without, the answer last. */
function sift<T extends { id: string }>(
  entries: T[],
  ids: Set<string>,
  task: TaskName,
  texts: (entry: T) => string[],
): { kept: T[]; empty: string[]; twice: string[]; outside: string[] } {
  const empty: string[] = []
  const twice: string[] = []
  const outside: string[] = []
  const kept = entries.filter((entry) => {
    const found = texts(entry)
    if (found.some((text) => text.trim() === '')) empty.push(entry.id)
    else if (task === 'rate' && !/^[1-5]$/.test(found.at(-1) ?? '')) outside.push(entry.id)
    else if (ids.has(entry.id)) twice.push(entry.id)
    else {
      ids.add(entry.id)
      return true
    }
    return false
  })
  return { kept, empty, twice, outside }
}

function withoutRepeats(items: RawItem[], say: Say): RawItem[] {
  const answers = new Map<string, Set<string>>()
  const repeated: string[] = []
  const other: string[] = []
  const kept = items.filter(({ id, text, body, answer }) => {
    const key = normalized(text ?? body)
    const known = answers.get(key)
    const made = normalized(answer)
    if (known?.has(made)) {
      repeated.push(id)
      return false
    }
    if (known) {
      other.push(id)
      known.add(made)
    } else answers.set(key, new Set([made]))
    return true
  })
  say(repeated, 'item', 'items', 'of the history with the text and answer of an earlier one set aside')
  say(other, 'item', 'items', 'of the history with the text of an earlier one and another answer: kept')
  return kept
}

function withoutHeldOut(items: RawItem[], queries: RawQuery[], task: TaskName, say: Say): RawItem[] {
  const holds = createHeldOut(queries, task)
  const leaking: string[] = []
  const kept = items.filter((item) => {
    const leaks = holds(item)
    if (leaks) leaking.push(item.id)
    return !leaks
  })
  say(leaking, 'item', 'items', 'with the text of a held-out query under another id left out of the history')
  return kept
}

function sayQueries(queries: RawQuery[], say: Say): void {
  const inputs = new Set<string>()
  const again = queries.filter(({ input }) => {
    const key = normalized(input)
    return inputs.size === inputs.add(key).size
  })
  say(again.map(idOf), 'query', 'queries', 'with the input of an earlier one: asked again')
}

function sayCommas(answers: string[], note: (text: string) => void): void {
  const tags = [...new Set(answers)].filter((tag) => tag.includes(','))
  if (tags.length === 0) return
  const named = tags.slice(0, 3).map((tag) => JSON.stringify(tag))
  note(
    `${tags.length} ${tags.length === 1 ? 'tag' : 'tags'} with a comma kept whole: ${named.join(', ')}${tags.length > 3 ? ', …' : ''}`,
  )
}

function standsIn(answer: string, text: string | null): boolean {
  if (text === null) return false
  const wanted = normalized(answer)
  return wanted.split(' ').length >= TELLING_WORDS && normalized(text).includes(wanted)
}

/** By `order` where every item has one, else by date where every item has one, else as in the file; ties as in the file. */
function inOrder(items: RawItem[], note: (text: string) => void): RawItem[] {
  if (items.every(({ order }) => order !== undefined)) {
    return items.toSorted((a, b) => (a.order as number) - (b.order as number))
  }
  const undated = items.filter(({ date }) => !date).length
  if (undated > 0) {
    note(`${undated} of ${items.length} items of the history have no date; the order of the file is taken for time`)
    return items
  }
  // ISO dates in one zone order as text (`date.ts`).
  return items.toSorted((a, b) => ((a.date as string) < (b.date as string) ? -1 : a.date === b.date ? 0 : 1))
}

function idOf({ id }: { id: string }): string {
  return id
}

/** `2 items (a, b)`; three ids at most. */
export function list(ids: string[], one: string, many = `${one}s`): string {
  const named = ids.slice(0, 3).join(', ') + (ids.length > 3 ? ', …' : '')
  return `${ids.length} ${ids.length === 1 ? one : many} (${named})`
}
