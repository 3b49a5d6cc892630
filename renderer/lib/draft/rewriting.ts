/** A rewrite beside what it would replace: the parts that differ, and the changes that bring it into the text. */
import type { ChangeSpec } from '@codemirror/state'
import { diffWordsWithSpace } from 'diff'
import { countWords } from './count.ts'
import type { Mark, Writer } from './spans.ts'

export interface Part {
  kind: 'same' | 'gone' | 'new'
  text: string
}

/** Longer texts are shown and taken whole: comparing them would take too long. */
const COMPARABLE = 30_000

export function partsBetween(before: string, after: string): Part[] {
  if (before.length + after.length > COMPARABLE)
    return [
      { kind: 'gone', text: before },
      { kind: 'new', text: after },
    ]
  return diffWordsWithSpace(before, after).map(({ value, added, removed }) => ({
    kind: added ? 'new' : removed ? 'gone' : 'same',
    text: value,
  }))
}

/** So many words in a row must have stayed for them to stay their writer's. */
const KEPT_WORDS = 4

/**
 * The changes from `before` (which stands at `from`) to `after`. What stays word for word, some words in a row, stays
 * its writer's; all else is the assistant's. @returns marks in the new text
 */
export function changesBetween(before: string, after: string, from: number, writer: Writer) {
  const changes: ChangeSpec[] = []
  const marks: Mark[] = []
  let oldAt = from
  let newAt = from
  let gone = ''
  let fresh = ''
  const flush = (): void => {
    if (gone !== '' || fresh !== '') changes.push({ from: oldAt, to: oldAt + gone.length, insert: fresh })
    if (fresh !== '') marks.push({ from: newAt, to: newAt + fresh.length, ...writer })
    oldAt += gone.length
    newAt += fresh.length
    gone = ''
    fresh = ''
  }
  for (const { kind, text } of partsBetween(before, after)) {
    if (kind === 'gone') gone += text
    else if (kind === 'new') fresh += text
    else if (countWords(text).words >= KEPT_WORDS) {
      flush()
      oldAt += text.length
      newAt += text.length
    } else {
      gone += text
      fresh += text
    }
  }
  flush()
  return { changes, marks, to: newAt }
}
