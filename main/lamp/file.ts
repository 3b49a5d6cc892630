/**
 * Benchmark files in: users with a history and held-out queries, from this project's own shape, from LaMP's questions
 * and outputs, or from the lists of users that OPPU released. Checked and cleaned; what was done is said in words.
 * Knows no models and no prompts.
 */
import { z } from 'zod'
import type { TaskName } from '../examples/types.ts'
import { cleanUser, type RawUser, scoreText } from './clean.ts'
import { isoDate } from './date.ts'
import { badLampFile, checkedAs, readJson } from './json.ts'
import { readQuestions } from './questions.ts'
import type { LampFile } from './types.ts'

const text = z.union([z.string(), z.number()]).transform(String)
/** A null is blank: it sets its own entry aside, and not the whole file. */
const blank = (value: string | null): string => value ?? ''
const date = z.unknown().optional()
const item = z.object({
  id: text,
  text: z.string().nullable().transform(blank),
  title: z.string().nullish(),
  tag: z.string().nullish(),
  score: z.union([z.string(), z.number()]).nullish(),
  date,
  order: z.number().optional(),
})
const query = z.object({
  id: text,
  input: z.string().nullable().transform(blank),
  gold: text.nullable().transform(blank),
  gold_all: z.array(text).nullish(),
  date,
})
const user = z.object({
  user_id: text.refine((id) => id !== '', 'is empty'),
  labels: z.array(text).nullish(),
  profile: z.array(item),
  queries: z.array(query),
})
const shape = z.object({ users: z.array(user).min(1) })

/**
 * Reads
 * - `{task, users: [{user_id, labels?, profile: [{id, text, title | tag | score, date?}], queries: [{id, input, gold,
 *   gold_all?, date?}]}]}`, the first word of `task` being headline, tag, rating or prose (also called style);
 * - LaMP's `*_questions.json`, a list of `{id, input, profile}`, with its `*_outputs.json` beside it;
 * - the lists of `{user_id, profile, query: [{id, input, gold}]}` that OPPU's authors released.
 *
 * What can be mended is mended and said in `notes` (see `cleanUser`).
 * Errors: `BadLampFile` naming the file, the place in it, what was found and what was wanted.
 */
export function readLampFile(file: string): LampFile {
  const value = readJson(file)
  if (Array.isArray(value)) return readQuestions(file, value)
  // The task first: other tasks' files have other gold answers, and the task is the better reason.
  const named = checkedAs(z.object({ task: z.string(), golds: z.unknown().optional() }), value, file)
  if (named.golds !== undefined) {
    throw badLampFile(
      file,
      ' holds the answers alone',
      'Name the file of the questions; its answers are found beside it.',
    )
  }
  const task = taskOf(named.task, file)
  const { users } = checkedAs(shape, value, file)
  const notes: string[] = []
  const seen = new Set<string>()
  const cleaned = users.map((one) => {
    if (seen.has(one.user_id)) throw badLampFile(file, `: the user "${one.user_id}" stands in it twice`)
    seen.add(one.user_id)
    return cleanUser(rawUser(one, task), { task, sharedIds: true }, (note) => notes.push(`${one.user_id}: ${note}`))
  })
  return { file, task, users: cleaned, notes }
}

const TASK_WORDS: Record<string, TaskName> = {
  headline: 'headline',
  tag: 'tag',
  tagging: 'tag',
  rate: 'rate',
  rating: 'rate',
  prose: 'prose',
  style: 'prose',
}

function taskOf(named: string, file: string): TaskName {
  const task = TASK_WORDS[/^[\w-]*/.exec(named)?.[0] ?? '']
  if (task !== undefined) return task
  throw badLampFile(
    file,
    `: its task is "${named.slice(0, 60)}", and only headline, tag, rating and prose can be run`,
    'Choose a file of one of these tasks.',
  )
}

function rawUser(one: z.infer<typeof user>, task: TaskName): RawUser {
  return {
    id: one.user_id,
    labels: one.labels ?? undefined,
    profile: one.profile.map(({ id, text, title, tag, score, date, order }) => {
      const titled = title ? `${title}\n\n${text}` : text
      const made = {
        headline: { text, answer: title ?? '' },
        tag: { text: titled, answer: tag ?? '' },
        rate: { text: titled, answer: scoreText(score) },
        prose: { text, answer: text },
      }[task]
      return { id, ...made, body: text, title: title ?? '', date: isoDate(date), order }
    }),
    queries: one.queries.map(({ id, input, gold, gold_all, date }) => ({
      id,
      input,
      gold: task === 'rate' ? scoreText(gold) : gold,
      golds: gold_all ?? undefined,
      date: isoDate(date),
    })),
  }
}
