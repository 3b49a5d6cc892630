/**
 * LaMP's own files, and OPPU's release made of them, as users of one task. Both hold LaMP's questions, whose wording
 * tells the task; the text asked about is taken out of it, since a prompt has words of its own.
 */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { askersOf } from './askers.ts'
import { cleanUser, list, type RawItem, type RawQuery, type RawUser, scoreText } from './clean.ts'
import { isoDate } from './date.ts'
import { badLampFile, checkedAs, readJson } from './json.ts'
import { askedText, LAMP_TASKS, type LampTask, lampTaskOf, lampTasksNamed } from './tasks.ts'
import type { LampFile, LampUser } from './types.ts'

const text = z.union([z.string(), z.number()]).transform(String)
/** A null is no question in the benchmark's wording, and so set aside. */
const wording = z
  .string()
  .nullable()
  .transform((value) => value ?? '')
const item = z.record(z.string(), z.unknown())
const profile = z.array(item)
const questions = z
  .array(z.object({ id: text, user_id: text.nullish(), input: wording, output: text.nullish(), profile }))
  .min(1)
const released = z
  .array(
    z.object({
      user_id: text,
      profile,
      query: z.array(z.object({ id: text, input: wording, gold: text.nullish(), date: z.unknown().optional() })),
    }),
  )
  .min(1)
const outputs = z.object({ task: z.string(), golds: z.array(z.object({ id: text, output: text })) })

interface Asked {
  id: string
  items: Record<string, unknown>[]
  queries: { id: string; input: string; gold?: string | null; date?: unknown }[]
}

/** @param value the file's list, as it stands. Errors: `BadLampFile`. */
export function readQuestions(file: string, value: unknown[]): LampFile {
  const notes: string[] = []
  const first = value[0]
  const isReleased = typeof first === 'object' && first !== null && 'query' in first
  const asked = isReleased
    ? ofRelease(checkedAs(released, value, file), notes)
    : ofQuestions(checkedAs(questions, value, file), notes)
  const answers = answersOf(file, isReleased, asked)
  const task = taskOf(file, asked, answers?.task)
  const users = asked.map((one) => cleaned(one, task, answers?.golds, notes))
  return { file, task: task.task, benchmark: task, users, notes }
}

function ofRelease(users: z.infer<typeof released>, notes: string[]): Asked[] {
  const seen = new Set<string>()
  return users.flatMap(({ user_id, profile, query }) => {
    if (seen.has(user_id)) {
      // Not a user of its own: a task adapter that leaves one out would be trained on the other.
      notes.push(`${user_id}: stands in the file once more; that part is set aside`)
      return []
    }
    seen.add(user_id)
    return [{ id: user_id, items: profile, queries: query }]
  })
}

function ofQuestions(asked: z.infer<typeof questions>, notes: string[]): Asked[] {
  return askersOf(asked).map(({ name, questions, guessed }) => {
    const own = questions.flatMap((at) => asked[at] ?? [])
    if (guessed) {
      const ids = own.map(({ id }) => id)
      notes.push(`${name}: ${list(ids, 'question', 'questions')} with history in common: taken for one user's`)
    }
    // Each further question brings the whole history along; what the first itself has twice is said later.
    const known = new Set<string>()
    const items = own.flatMap(({ profile }, i) => {
      if (own.length === 1) return profile
      const added = profile
        .map((one) => ({ one, key: JSON.stringify(one) }))
        .filter(({ key }) => i === 0 || !known.has(key))
      for (const { key } of added) known.add(key)
      return added.map(({ one }) => one)
    })
    return { id: name, items, queries: own.map(({ id, input, output }) => ({ id, input, gold: output })) }
  })
}

/** The outputs beside questions, the labels beside a release; null where the questions have their answers with them. */
function answersOf(
  file: string,
  isReleased: boolean,
  asked: Asked[],
): { task: string; golds: Map<string, string> } | null {
  const beside = isReleased ? file.replace(/\.json$/i, '_label.json') : file.replace(/questions(?=[^/\\]*$)/, 'outputs')
  if (beside === file || !existsSync(beside)) {
    if (asked.some(({ queries }) => queries.some(({ gold }) => gold != null))) return null
    throw badLampFile(file, ` has no answers, and ${beside} is not there`, 'Put the file of the answers beside it.')
  }
  const { task, golds } = checkedAs(outputs, readJson(beside), beside)
  return { task, golds: new Map(golds.map(({ id, output }) => [id, output])) }
}

/** The wording decides: files of two tasks are called LaMP_2. A name that means another task is an error. */
function taskOf(file: string, asked: Asked[], named: string | undefined): LampTask {
  let found: LampTask | null = null
  for (const { queries } of asked) {
    for (const { input } of queries) found ??= lampTaskOf(input)
    if (found) break
  }
  if (found === null) {
    throw badLampFile(
      file,
      ": none of its questions is in LaMP's wording",
      `Choose a file of ${LAMP_TASKS.map(({ id }) => id).join(', ')}.`,
    )
  }
  const meant = named === undefined ? [] : lampTasksNamed(named)
  if (meant.length > 0 && !meant.includes(found)) {
    throw badLampFile(file, `: its questions are those of ${found.id}, its answers those of ${named}`)
  }
  return found
}

function cleaned(asked: Asked, task: LampTask, golds: Map<string, string> | undefined, notes: string[]): LampUser {
  const note = (words: string): void => {
    notes.push(`${asked.id}: ${words}`)
  }
  const queries: RawQuery[] = []
  const foreign: string[] = []
  const unanswered: string[] = []
  for (const { id, input, gold, date } of asked.queries) {
    const found = askedText(task, input)
    const answer = gold ?? golds?.get(id)
    if (found === null) foreign.push(id)
    else if (answer == null) unanswered.push(id)
    else queries.push({ id, ...found, gold: task.task === 'rate' ? scoreText(answer) : answer, date: isoDate(date) })
  }
  if (foreign.length > 0) note(`${list(foreign, 'query', 'queries')} not in the wording of ${task.id} set aside`)
  if (unanswered.length > 0) note(`${list(unanswered, 'query', 'queries')} without an answer in the file set aside`)
  const { answer, bareAnswer } = task.history
  const bare = bareAnswer !== undefined && asked.items.every((one) => fieldOf(one, answer) === '')
  if (bare && asked.items.length > 0) {
    note(`its history has no ${answer}; the ${bareAnswer}s stand in it as bare answers`)
  }
  const asking = new Set(queries.map(({ id }) => id))
  const raw: RawUser = {
    id: asked.id,
    labels: task.labels ? [...task.labels] : undefined,
    profile: asked.items.map((one, at) => {
      const made = rawItem(one, at, task, bare)
      // LaMP numbers questions and items apart; here an id names one piece of a user.
      return asking.has(made.id) ? { ...made, id: `item ${made.id}` } : made
    }),
    queries,
  }
  return cleanUser(raw, { task: task.task, sharedIds: false, words: task.history }, note)
}

function rawItem(one: Record<string, unknown>, at: number, { history, task }: LampTask, bare: boolean): RawItem {
  const made = fieldOf(one, bare ? (history.bareAnswer as string) : history.answer)
  const text = history.text === null ? null : fieldOf(one, history.text)
  return {
    id: fieldOf(one, 'id') || `item ${at + 1}`,
    text: bare ? null : text,
    body: text ?? made,
    title: history.title ? fieldOf(one, history.title) : '',
    answer: task === 'rate' ? scoreText(made) : made,
    date: isoDate(one.date),
  }
}

function fieldOf(one: Record<string, unknown>, name: string): string {
  const value = one[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
