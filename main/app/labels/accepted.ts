/**
 * Tags and scores that the owner accepted as they were suggested: they say what the assistant thinks, so that a voice
 * must not be proved on them. What the file said by itself, and what the owner chose in a suggestion's place, is the owner's.
 */
import { firstTag, tagKey } from '../../examples/tag.ts'
import type { TaskQuery } from '../../examples/types.ts'
import type { LabelValue } from '../../store/label-choices.ts'
import type { Store } from '../../store/store.ts'
import type { LabelResult } from './label-rows.ts'

type Asked = Pick<TaskQuery, 'task' | 'document' | 'answer'>

/** @returns whether a query's answer is a suggestion that was accepted; true too where it was decided and nobody knows how */
export function createAcceptedTest(store: Store): (query: Asked) => boolean {
  const originals = { tag: firstOriginals(store, 'tag'), rate: firstOriginals(store, 'rate') }
  return ({ task, document, answer }) => {
    if (task !== 'tag' && task !== 'rate') return false
    const choice = store.labelChoices.get(document, task)
    if (!choice) return false
    // What was written into a file is not its own.
    const file = originals[task].has(document) ? (originals[task].get(document) ?? null) : choice.file
    if (sameAnswer(task, answerOf(file), answer)) return false
    const row = store.labelRows.get<LabelResult>(task, document)
    const decided = row?.state === 'accepted' || row?.state === 'written'
    // The decision was cleared from the table, and may have been a suggestion.
    if (!row || !decided) return true
    const suggested = task === 'tag' ? row.result?.suggestions?.[0]?.tag : row.result?.likeliest
    return suggested !== undefined && sameAnswer(task, String(suggested), answer)
  }
}

/** What each file said before anything was written into it. */
function firstOriginals({ labelOriginals }: Store, task: 'tag' | 'rate'): Map<string, LabelValue> {
  // The newest come first: the oldest is what stays.
  return new Map(labelOriginals.list(task).map(({ document, file }) => [document, file]))
}

/** As a query has it; empty: none. */
function answerOf(value: LabelValue): string {
  return Array.isArray(value) ? firstTag(value) : value === null ? '' : String(value)
}

function sameAnswer(task: 'tag' | 'rate', one: string, other: string): boolean {
  return task === 'tag' ? tagKey(one) === tagKey(other) : one === other
}
