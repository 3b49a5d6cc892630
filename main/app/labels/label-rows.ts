/** Rows of the table of suggestions, as the contract has them: what is stored, with what the library says now. */
import type { DocumentSummary, LabelRow, LabelTask, RateResult, Source, TagResult } from '../../../preload/contract.ts'
import type { StoredLabelRow } from '../../store/label-rows.ts'
import type { Store } from '../../store/store.ts'

/** What a suggestion leaves behind; of a tag's no distribution, of a rating's no suggestions. */
export interface LabelResult {
  suggestions?: TagResult['suggestions']
  distribution?: RateResult['distribution']
  expected?: number
  likeliest?: number
  confidence: number
  sources: Source[]
  voice: string | null
  seen: boolean | null
}

/** Null: there is no such row, or no such piece any more. */
export function labelRow(store: Store, task: LabelTask, document: string): LabelRow | null {
  const row = store.labelRows.get<LabelResult>(task, document)
  const piece = store.documents.get(document)
  return row && piece && rowOf(store, row, piece)
}

/** In the order in which they were asked for. */
export function labelRows(store: Store, task: LabelTask): LabelRow[] {
  const pieces = new Map(store.documents.list().documents.map((piece) => [piece.id, piece]))
  return store.labelRows.list<LabelResult>(task).flatMap((row) => {
    const piece = pieces.get(row.document)
    const shown = piece && rowOf(store, row, piece)
    return shown ? [shown] : []
  })
}

function rowOf(store: Store, row: StoredLabelRow<LabelResult>, piece: DocumentSummary): LabelRow | null {
  const { task, document, result } = row
  const decided = row.state === 'accepted' || row.state === 'written'
  // The file's own tags changed later, and count: the decision is over.
  const over = decided && store.labelChoices.get(document, task) === null
  if (over && result === null) return null
  return {
    document,
    title: piece.title,
    path: piece.path,
    kind: piece.kind,
    date: piece.date,
    words: piece.words,
    state: over ? 'suggested' : row.state,
    tags: piece.tags,
    rating: piece.rating,
    before: over || row.before === null ? null : { tags: row.before.tags, rating: row.before.rating },
    step: over ? null : (row.before?.step ?? null),
    picked: over ? null : row.picked,
    suggestions: result?.suggestions ?? [],
    distribution: result?.distribution ?? [],
    expected: result?.expected ?? null,
    likeliest: result?.likeliest ?? null,
    confidence: result?.confidence ?? null,
    leaned: result?.sources.length ?? 0,
    seen: result?.seen ?? null,
    voice: result?.voice ?? null,
    error: row.error,
    said: row.said,
  }
}

/** How far the suggestion is from the owner's own score; null where one of them is missing. */
export function apart({ expected, rating, before }: LabelRow): number | null {
  const own = before === null ? rating : before.rating
  return expected === null || own === null ? null : Math.abs(expected - own)
}

/** Rated pieces whose suggested score is known, farthest apart first. */
export function disagreements(store: Store): LabelRow[] {
  return labelRows(store, 'rate')
    .flatMap((row) => {
      const far = apart(row)
      return far === null ? [] : [{ row, far }]
    })
    .sort((a, b) => b.far - a.far)
    .map(({ row }) => row)
}
