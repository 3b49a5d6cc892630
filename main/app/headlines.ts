/** The headlines' surface: candidates in the voice, what they leaned on, and what the owner made of them. */
import { randomUUID } from 'node:crypto'
import type { Handlers, HeadlineRecord, Source } from '../../preload/contract.ts'
import { writeHeadlines } from '../assistant/headline.ts'
import { IdiolectError } from '../errors.ts'
import { createPromptBuilder } from '../examples/prompt.ts'
import { type PieceHit, retrievePieces } from '../retrieval/search.ts'
import type { AppContext } from './context.ts'
import { RETRIEVED } from './run-plan.ts'
import { createSameText } from './same-text.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type HeadlineCalls = Extract<keyof Handlers, `headline.${string}`>

const EXCERPT = 160
/** Copies and versions of the piece at hand that may stand before the first other piece. */
const COPIES = 8

export function sourceOf({ document }: PieceHit): Source {
  return {
    document: document.id,
    title: document.title,
    path: document.path,
    date: document.date,
    text: document.text.slice(0, 600),
  }
}

export function headlineHandlers(context: AppContext): Pick<Handlers, HeadlineCalls> {
  const { store, bases, events, requests } = context
  return {
    'headline.write': ({ request, text, count = 5, voice, voices, scale, retrieval, seed, maxTokens }) =>
      requests.run(request, async (signal) => {
        const piece = text.trim()
        if (piece === '') throw new IdiolectError('EmptyText', 'there is no text to headline', 'Paste or open a piece.')
        const settings = readSettings(context)
        const used = voicesFor(context, { voice, voices, scale }, settings.scale)
        const found =
          (retrieval ?? settings.retrieval)
            ? await bases.withEmbedder((embedder) =>
                retrievePieces(store, embedder, { text: piece, k: RETRIEVED + COPIES, signal }),
              )
            : []
        // A piece that is in the library must not be shown its own title.
        const isThisPiece = createSameText([piece])
        const own = new Set(
          found.filter(({ document }) => isThisPiece(document.text)).map(({ document }) => document.title),
        )
        const hits = found.filter(({ document }) => !own.has(document.title)).slice(0, RETRIEVED)
        const titles = store.documents.list({ status: 'mine' }).documents.map(({ title }) => title)
        const candidates = await bases.withBase((base) =>
          writeHeadlines({
            base,
            builder: createPromptBuilder(base),
            text: piece,
            retrieved: hits.map(({ document }) => ({
              document: document.id,
              input: document.text,
              answer: document.title,
            })),
            // A small voice likes to repeat a title that it has learnt; only this very piece may have its own.
            avoid: titles.filter((title) => !own.has(title)),
            voice: used?.use ?? null,
            count,
            signal,
            onText: (index, chunk) => events.emit('stream', { request, index, text: chunk }),
            ...(seed === undefined ? {} : { seed }),
            ...(maxTokens === undefined ? {} : { maxTokens }),
          }),
        )
        const record: HeadlineRecord = {
          id: randomUUID(),
          at: new Date().toISOString(),
          excerpt: piece.replaceAll(/\s+/g, ' ').slice(0, EXCERPT),
          text: piece,
          candidates: candidates.map((candidate) => candidate.text),
          picked: null,
          edited: null,
          voice: used?.id ?? null,
        }
        if (candidates.length > 0) store.headlines.put(record)
        return { id: record.id, candidates, sources: hits.map(sourceOf), voice: record.voice }
      }),
    async 'headline.pick'({ id, picked, edited }) {
      const record = store.headlines.get(id)
      if (!record) throw new IdiolectError('UnknownHeadline', `there are no headlines ${JSON.stringify(id)}`, null)
      const own = edited?.trim()
      const chosen = { ...record, picked, edited: own && own !== picked ? own : null }
      store.headlines.put(chosen)
      return chosen
    },
    async 'headline.list'() {
      return store.headlines.list()
    },
  }
}
