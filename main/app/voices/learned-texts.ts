/** The texts that a voice learnt from, as they are now: what the check for copying looks through. */
import { ownRuns } from '../../drafts/own-runs.ts'
import type { SourceText } from '../../evaluation/copying.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { heldOutOf } from '../library/held-out.ts'
import { readLearned } from '../library/learned.ts'
import type { Card } from './card.ts'

/**
 * Pieces of the library, drafts, and what was picked for single texts; without a note of them, all pieces but those that it
 * was proved on. What was removed since is not among them.
 */
export function learnedTexts(context: AppContext, voice: string): SourceText[] {
  const { store } = context
  const run = store.voices.get<Card>(voice)?.card.run ?? ''
  const folder = store.runs.get(run)?.folder
  const note = folder === undefined ? null : readLearned(folder)
  if (!note) {
    const held = new Set(heldOutOf(context, voice).queries.map(({ document }) => document))
    return store.documents.mine().flatMap(({ id }) => (held.has(id) ? [] : pieceOf(store, id)))
  }
  return note.pieces
    .filter(({ part }) => part === 'training')
    .flatMap(({ document, made }) => (document !== null ? pieceOf(store, document) : made ? madeOf(store, made) : []))
}

function pieceOf({ documents }: Store, id: string): SourceText[] {
  const found = documents.get(id)
  return found ? [{ document: id, title: found.title, text: `${found.title}\n${found.text}` }] : []
}

/** @param made as `LearnedPiece` has it */
function madeOf({ drafts, headlines, labels }: Store, made: string): SourceText[] {
  const at = made.indexOf(':')
  const [what, id] = [made.slice(0, at), made.slice(at + 1)]
  if (what === 'draft') {
    const draft = drafts.get(id)
    return draft ? ownRuns(draft).map((text) => ({ document: null, title: draft.title, text })) : []
  }
  if (what === 'headline') {
    const record = headlines.get(id)
    const title = record?.edited ?? record?.picked ?? ''
    return record ? [{ document: null, title, text: `${title}\n${record.text}` }] : []
  }
  const record = labels.get(id)
  return record ? [{ document: null, title: record.excerpt, text: record.text }] : []
}
