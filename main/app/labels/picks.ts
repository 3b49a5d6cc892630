/** What the owner picked, edited or wrote in the app: kept, and made into training examples. */
import { randomUUID } from 'node:crypto'
import type { LabelRecord, TrainingTask } from '../../../preload/contract.ts'
import { ownRuns } from '../../drafts/own-runs.ts'
import { IdiolectError } from '../../errors.ts'
import { proseQueries } from '../../examples/prose.ts'
import type { Piece, TaskQuery } from '../../examples/types.ts'
import { createSameText } from '../../retrieval/same-text.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { commonRunsOf } from '../library/common-runs.ts'
import { excerptOf } from '../library/excerpt.ts'
import { rememberSuggestion, suggestionOf } from './suggestions.ts'

/** Remembers what was offered for a text, until the app is closed. @returns the record's id */
export function suggested(
  { store }: AppContext,
  task: LabelRecord['task'],
  text: string,
  offered: string[],
  voice: string | null,
): string {
  const id = randomUUID()
  const at = new Date().toISOString()
  rememberSuggestion(store, { id, task, at, excerpt: excerptOf(text), text, offered, picked: null, voice })
  return id
}

/**
 * Keeps what was picked, in place of what was picked for this very text before.
 * @param picked null takes the choice back: nothing of it stays
 * Errors: IdiolectError `UnknownSuggestion`.
 */
export function pickedOf(
  { store }: AppContext,
  id: string,
  task: LabelRecord['task'],
  picked: string[] | null,
): LabelRecord {
  const record = store.labels.get(id) ?? suggestionOf(store, id)
  if (record?.task !== task) {
    const what = task === 'tag' ? 'suggested tags' : 'suggested rating'
    throw new IdiolectError('UnknownSuggestion', `there is no ${what} ${JSON.stringify(id)}`, null)
  }
  const chosen = { ...record, picked, at: new Date().toISOString() }
  rememberSuggestion(store, chosen)
  if (picked === null) store.labels.remove(id)
  else store.labels.put(chosen)
  return chosen
}

/**
 * An example each of what the owner picked or wrote for this task, what was worded anew first, unless the text is one of
 * those held out.
 * @param isHeldOut whether a text is one of those held out
 * @param scores the scale; picked scores off it are left out
 */
export function pickedQueries(
  store: Store,
  task: TrainingTask,
  isHeldOut: (text: string) => boolean,
  scores: readonly number[],
): TaskQuery[] {
  if (task === 'prose') return draftPassages(store, isHeldOut)
  return task === 'headline' ? pickedHeadlines(store, isHeldOut) : pickedLabels(store, task, isHeldOut, scores)
}

/** All texts of which something was picked or written in the app that a training may have learnt. */
export function pickedTexts(store: Store): string[] {
  return [
    ...store.headlines.list(1000).flatMap(({ picked, text }) => (picked === null ? [] : [text])),
    ...(['tag', 'rate'] as const).flatMap((task) => store.labels.picked(task).map(({ text }) => text)),
    ...store.drafts.learnt().flatMap(ownRuns),
  ]
}

/** One choice a piece: the newest that the owner worded, else the newest. */
function pickedHeadlines(store: Store, isHeldOut: (text: string) => boolean): TaskQuery[] {
  const newest = store.headlines.list(1000).filter(({ picked }) => picked !== null)
  const edited = newest.filter((record) => record.edited !== null)
  const pieces = new Set<string>()
  return [...edited, ...newest.filter((record) => record.edited === null)].flatMap((record): TaskQuery[] => {
    const answer = record.edited ?? record.picked
    if (!answer || pieces.has(record.text)) return []
    pieces.add(record.text)
    if (isHeldOut(record.text)) return []
    const { id, at: date, text: input } = record
    return [{ task: 'headline', document: `headline:${id}`, title: answer, date, input, answer }]
  })
}

function pickedLabels(
  store: Store,
  task: LabelRecord['task'],
  isHeldOut: (text: string) => boolean,
  scores: readonly number[],
): TaskQuery[] {
  const records = store.labels.picked(task)
  if (records.length === 0) return []
  // Where a piece of the library has tags or a score of its own, these are learnt, and nothing that contradicts them.
  const labelled = store.documents
    .mine()
    .filter(({ tags, rating }) => (task === 'tag' ? tags.length > 0 : rating !== null))
  const isLabelled = createSameText(
    labelled.map(({ text }) => text),
    commonRunsOf(store),
  )
  const texts = new Set<string>()
  return records.flatMap((record): TaskQuery[] => {
    const answer = record.picked?.[0]
    // The newest of a text; early versions kept each.
    if (!answer || texts.has(record.text) || isHeldOut(record.text) || isLabelled(record.text)) return []
    texts.add(record.text)
    if (task === 'rate' && !scores.includes(Number(answer))) return []
    const { id, at: date, text: input, excerpt } = record
    return [{ task, document: `${task}:${id}`, title: excerpt, date, input, answer }]
  })
}

/** Of drafts that may be learnt from: passages within what the owner alone wrote. One that was held out since is left out. */
function draftPassages(store: Store, isHeldOut: (text: string) => boolean): TaskQuery[] {
  const pieces = store.drafts.learnt().flatMap((draft): Piece[] => {
    if (isHeldOut(draft.text)) return []
    return ownRuns(draft).flatMap((text, index) =>
      isHeldOut(text) ? [] : [{ id: `draft:${draft.id}:${index}`, title: draft.title, text, date: draft.at }],
    )
  })
  return proseQueries(pieces, { maxPerPiece: 2 }).queries
}
