/**
 * Paragraphs of a piece that the assistant wrote in a draft of this app: they may come back with a file that was exported
 * and imported, and must not be learnt from, even when the draft is long deleted.
 */
import { shinglesOf } from '../retrieval/shingles.ts'
import type { StoredDraft } from '../store/drafts.ts'
import type { Store } from '../store/store.ts'

/** Words in a row that two texts share only when one came from the other. */
const RUN = 8

export interface OwnText {
  text: string
  /** Paragraphs that were the assistant's. */
  leftOut: number
}

/**
 * @returns a text without the assistant's paragraphs; null where it wrote in no draft. A file that is older than the draft
 * (`mtime`, milliseconds) stays whole: there the assistant took words of the owner's.
 */
export function withoutAssistant(
  store: Pick<Store, 'drafts' | 'foreignRuns'>,
): ((text: string, mtime: number) => OwnText) | null {
  /** Each run of the assistant's, and when the first draft that has it was begun. */
  const runs = store.foreignRuns.all()
  for (const draft of store.drafts.shared()) {
    const created = Date.parse(draft.created)
    for (const run of assistantRuns(draft)) runs.set(run, Math.min(created, runs.get(run) ?? Number.POSITIVE_INFINITY))
  }
  if (runs.size === 0) return null
  return (text, mtime) => {
    const paragraphs = text.split('\n\n')
    const own = paragraphs.filter(
      (paragraph) => !shinglesOf(paragraph, RUN).some((run) => (runs.get(run) ?? Number.POSITIVE_INFINITY) <= mtime),
    )
    return { text: own.join('\n\n'), leftOut: paragraphs.length - own.length }
  }
}

/** Runs of words that the assistant wrote in a draft. What is shorter than a run has none: that is anybody's. */
function assistantRuns({ text, spans }: Pick<StoredDraft, 'text' | 'spans'>): number[] {
  return spans.flatMap(({ from, to, author }) => (author === 'assistant' ? shinglesOf(text.slice(from, to), RUN) : []))
}

/** Deletes a draft for good, and keeps what tells the assistant's words in it: a file may have them still. */
export function forgetDraft(
  store: Pick<Store, 'drafts' | 'foreignRuns' | 'transaction'>,
  draft: Pick<StoredDraft, 'id' | 'created' | 'text' | 'spans'>,
): void {
  store.transaction(() => {
    store.foreignRuns.add(assistantRuns(draft), Date.parse(draft.created))
    store.drafts.remove(draft.id)
  })
}
