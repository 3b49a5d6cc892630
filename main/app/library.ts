/** The library's surface: import, list, search, questions. */
import type { Handlers, ImportReport } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { importPaths } from '../library/import.ts'
import { answerQuestion, decideAll, questions } from '../library/whose.ts'
import { searchPassages } from '../retrieval/search.ts'
import type { AppContext } from './context.ts'
import type { Indexing } from './indexing.ts'

type LibraryCalls = Extract<keyof Handlers, `library.${string}`>

const MOST_PASSAGES = 100

export function libraryHandlers(context: AppContext, indexing: Indexing): Pick<Handlers, LibraryCalls> {
  const { store, bases, events, requests } = context
  const unknown = (id: string): IdiolectError =>
    new IdiolectError('UnknownPiece', `there is no piece ${JSON.stringify(id)} in the library`, null)
  return {
    'library.import': ({ request, paths }) =>
      requests.run(request, async (signal): Promise<ImportReport> => {
        try {
          // Vectors come after: words are found at once, and an import need not wait for a model.
          const report = await importPaths({
            store,
            embedder: null,
            paths,
            request,
            signal,
            onProgress: (progress) => events.emit('import.progress', progress),
          })
          if (context.options.host === 'terminal') await indexing.now(request, signal)
          else indexing.begin()
          return report
        } finally {
          context.changed()
        }
      }),
    async 'library.list'(filter) {
      return store.documents.list(filter)
    },
    async 'library.get'({ document }) {
      const found = store.documents.get(document)
      if (!found) throw unknown(document)
      const { id, path, title, date, tags, rating, words, kind, status, author, draft, text } = found
      return { id, path, title, date, tags, rating, words, kind, status, author, draft, text }
    },
    async 'library.search'({ query, k = 8, before }) {
      if (query.trim() === '')
        throw new IdiolectError('EmptyQuery', 'there is nothing to search for', 'Give some words.')
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
    async 'library.remove'({ document }) {
      const removed = await store.removeDocument(document)
      decideAll(store)
      context.changed()
      return { removed }
    },
  }
}
