/**
 * Paragraphs of a piece that the assistant wrote in a draft of this app: they may come back with a file that was exported
 * and imported, and must not be learnt from.
 */
import { termsOf } from '../retrieval/tokens.ts'
import type { Store } from '../store/store.ts'

/** Terms in a row that two texts share only when one came from the other. */
const RUN = 8

/**
 * @returns a text's paragraphs without the assistant's; null where it wrote in no draft. A file that is older than the draft
 * (`mtime`, milliseconds) stays whole: there the assistant took words of the owner's.
 */
export function withoutAssistant(store: Pick<Store, 'drafts'>): ((text: string, mtime: number) => string) | null {
  /** Each run of the assistant's, and when the first draft that has it was begun. */
  const runs = new Map<string, number>()
  for (const draft of store.drafts.shared()) {
    const created = Date.parse(draft.created)
    for (const { from, to, author } of draft.spans) {
      if (author !== 'assistant') continue
      for (const run of runsOf(draft.text.slice(from, to)))
        runs.set(run, Math.min(created, runs.get(run) ?? Number.POSITIVE_INFINITY))
    }
  }
  if (runs.size === 0) return null
  return (text, mtime) =>
    text
      .split('\n\n')
      .filter((paragraph) => !runsOf(paragraph).some((run) => (runs.get(run) ?? Number.POSITIVE_INFINITY) <= mtime))
      .join('\n\n')
}

/** A text of fewer terms has none: too many of these are anybody's. */
function runsOf(text: string): string[] {
  const terms = termsOf(text)
  return Array.from({ length: Math.max(0, terms.length - RUN + 1) }, (_, at) => terms.slice(at, at + RUN).join(' '))
}
