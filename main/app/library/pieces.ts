/** A piece as the window shows it: its file as it stands, its passages, the voices that learned from it. */
import { readFileSync } from 'node:fs'
import type { LearnedBy, OpenedPiece } from '../../../preload/contract.ts'
import { sha256Of } from '../../hash.ts'
import { stateOfFile } from '../../library/check.ts'
import { decodeText } from '../../library/decode.ts'
import { splitFrontMatter } from '../../library/front-matter.ts'
import { isBelow } from '../../library/whose.ts'
import type { StoredDocument } from '../../store/documents.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { readLearned } from './learned.ts'
import { isKept } from './removal.ts'

/** Characters of Markdown beyond which a piece is shown as plain text: setting it would hold up the window. */
const MOST_SOURCE = 300_000

export function openedPiece({ store }: Pick<AppContext, 'store'>, document: string): OpenedPiece | null {
  const found = store.documents.get(document)
  if (!found) return null
  const { id, path, title, date, tags, rating, words, kind, status, author, authors, draft, decided, text } = found
  const file = stateOfFile(found)
  const excluded = store.folders.exclusions().find(({ folder }) => isBelow(path, folder))
  return {
    ...{ id, path, title, date, tags, rating, words, kind, status, author, authors, draft, decided, text },
    excludedBy: excluded?.folder ?? null,
    file,
    kept: file === 'same' && isKept(store, path),
    source: sourceOf(found),
    passages: store.passages.ofDocument(id).map((passage) => ({ id: passage.id, text: passage.text })),
    learned: learnedBy(store, [id]),
  }
}

/** The file's Markdown, if these are the very bytes that were read. */
function sourceOf({ kind, path, hash }: StoredDocument): string | null {
  if (kind !== 'markdown') return null
  try {
    const bytes = readFileSync(path)
    if (sha256Of(bytes) !== hash) return null
    const decoded = decodeText(bytes, kind)
    if ('reason' in decoded) return null
    const matter = splitFrontMatter(decoded.text)
    const body = 'reason' in matter ? decoded.text : matter.body
    return body.length > MOST_SOURCE ? null : body
  } catch {
    return null
  }
}

/** Voices that are still there and that learned from any of these pieces, as far as their runs noted it. */
export function learnedBy(store: Store, documents: readonly string[]): LearnedBy[] {
  const asked = new Set(documents)
  return store.voices.list<{ name?: string; run?: string | null }>().flatMap(({ id, card }) => {
    const run = card.run ? store.runs.get(card.run) : null
    const noted = run === null ? [] : (readLearned(run.folder)?.pieces ?? [])
    const pieces = noted.filter(({ document, part }) => part === 'training' && document !== null && asked.has(document))
    return pieces.length > 0 ? [{ voice: id, name: card.name ?? id, pieces: pieces.length }] : []
  })
}
