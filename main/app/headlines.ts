/** The headlines' surface: candidates in the voice, what they leaned on, and what the owner made of them. */
import { randomUUID } from 'node:crypto'
import type { Handlers, HeadlineRecord } from '../../preload/contract.ts'
import { writeHeadlines } from '../assistant/headline.ts'
import { IdiolectError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { excerptOf, pieceText, shownBeside } from './shown.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type HeadlineCalls = Extract<keyof Handlers, `headline.${string}`>

export function headlineHandlers(context: AppContext): Pick<Handlers, HeadlineCalls> {
  const { store, bases, events, requests } = context
  return {
    'headline.write': ({ request, text, count = 5, voice, voices, scale, retrieval, profile, seed, maxTokens }) =>
      requests.run(request, async (signal) => {
        const piece = pieceText(text, 'to headline')
        const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale)
        const shown = await shownBeside(context, 'headline', piece, { retrieval, profile }, signal)
        const own = new Set(shown.own.map(({ title }) => title))
        const titles = store.documents.list({ status: 'mine' }).documents.map(({ title }) => title)
        const candidates = await bases.withBase((base) =>
          writeHeadlines({
            base,
            builder: shown.builder(base),
            text: piece,
            retrieved: shown.pairs,
            prompt: shown.prompt,
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
          excerpt: excerptOf(piece),
          text: piece,
          candidates: candidates.map((candidate) => candidate.text),
          picked: null,
          edited: null,
          voice: used?.id ?? null,
        }
        if (candidates.length > 0) store.headlines.put(record)
        return { id: record.id, candidates, sources: shown.sources, voice: record.voice }
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
