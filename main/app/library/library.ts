/** The library's surface: import, list, search, questions. */
import type { Handlers, NoMeaning } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import type { Embedder } from '../../inference/types.ts'
import { checkFiles } from '../../library/check.ts'
import { answerQuestion, decideAll, questions } from '../../library/whose.ts'
import { findPieces } from '../../retrieval/find.ts'
import { hasMeaning, searchPassages } from '../../retrieval/search.ts'
import type { AppContext } from '../context.ts'
import { learnedBy, openedPiece } from './pieces.ts'
import { removePieces } from './removal.ts'

type LibraryCalls =
  | 'library.list'
  | 'library.get'
  | 'library.open'
  | 'library.search'
  | 'library.find'
  | 'library.questions'
  | 'library.answer'
  | 'library.setStatus'
  | 'library.setStatuses'
  | 'library.remove'
  | 'library.removeMany'
  | 'library.learned'
  | 'library.check'
  | 'library.skipped'

const MOST_PASSAGES = 100
/** Pieces that one search gives: nobody reads further. */
const MOST_FOUND = 500

export function libraryHandlers(context: AppContext): Pick<Handlers, LibraryCalls> {
  const { store, bases } = context
  const unknown = (id: string): IdiolectError =>
    new IdiolectError('UnknownPiece', `there is no piece ${JSON.stringify(id)} in the library`, null)
  const remove = (documents: readonly string[]): Promise<number> =>
    removePieces(store, documents).finally(() => {
      decideAll(store)
      context.changed()
    })
  return {
    async 'library.list'(filter) {
      return store.documents.list(filter)
    },
    async 'library.get'({ document }) {
      const found = store.documents.get(document)
      if (!found) throw unknown(document)
      const { id, path, title, date, tags, rating, words, kind, status, author, draft, text } = found
      return { id, path, title, date, tags, rating, words, kind, status, author, draft, text }
    },
    async 'library.open'({ document }) {
      const piece = openedPiece(context, document)
      if (!piece) throw unknown(document)
      return piece
    },
    async 'library.find'({ query, meaning = false, documents, limit = MOST_FOUND }) {
      if (query.trim() === '') throw emptyQuery()
      const input = {
        query,
        limit: Math.min(Math.max(1, Math.floor(limit)), MOST_FOUND),
        ...(documents ? { documents } : {}),
      }
      if (!meaning) return { pieces: await findPieces(store, null, input), note: null }
      return bases.withEmbedder(async (embedder) => ({
        pieces: await findPieces(store, embedder, input),
        note: whyNoMeaning(context, embedder),
      }))
    },
    async 'library.search'({ query, k = 8, before }) {
      if (query.trim() === '') throw emptyQuery()
      const limit = Math.min(Math.max(1, Math.floor(k)), MOST_PASSAGES)
      return bases.withEmbedder(async (embedder) => ({
        passages: await searchPassages(store, embedder, {
          query,
          k: limit,
          everyone: true,
          ...(before ? { before } : {}),
        }),
      }))
    },
    async 'library.questions'() {
      return questions(store)
    },
    async 'library.answer'({ question, mine }) {
      const left = answerQuestion(store, question, mine)
      context.changed()
      return left
    },
    async 'library.setStatus'({ document, status }) {
      const summary = store.documents.setStatus(document, status)
      if (!summary) throw unknown(document)
      context.changed()
      return summary
    },
    async 'library.setStatuses'({ documents, status }) {
      const changed = store.transaction(
        () => documents.filter((document) => store.documents.setStatus(document, status) !== null).length,
      )
      context.changed()
      return { changed }
    },
    async 'library.removeMany'({ documents }) {
      return { removed: await remove(documents) }
    },
    async 'library.learned'({ documents }) {
      return learnedBy(store, documents)
    },
    async 'library.check'() {
      return checkFiles(store.documents.files())
    },
    async 'library.skipped'() {
      return store.skipped.list()
    },
    async 'library.remove'({ document }) {
      return { removed: (await remove([document])) > 0 }
    },
  }
}

const emptyQuery = (): IdiolectError =>
  new IdiolectError('EmptyQuery', 'there is nothing to search for', 'Give some words.')

/** Null when passages are searched by meaning too. */
export function whyNoMeaning({ store }: Pick<AppContext, 'store'>, embedder: Embedder | null): NoMeaning | null {
  if (embedder === null) return { why: 'noModel' }
  return hasMeaning(store, embedder) ? null : { why: 'pending', left: store.passages.pendingCount() }
}
