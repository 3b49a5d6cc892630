/** The headlines' surface: candidates in the voice, what they leaned on, and what the owner made of them. */
import { randomInt, randomUUID } from 'node:crypto'
import type { GenerationOptions, Handlers, HeadlineRecord, HeadlineRival } from '../../../preload/contract.ts'
import { writeHeadlines } from '../../assistant/headline.ts'
import { IdiolectError } from '../../errors.ts'
import type { Voices } from '../../inference/types.ts'
import { seeded, shuffle } from '../../random.ts'
import type { AppContext } from '../context.ts'
import { excerptOf } from '../library/excerpt.ts'
import { pieceText, type Shown, shownBeside } from '../library/shown.ts'
import { readSettings } from '../settings.ts'
import { profileFor } from '../voices/profiles.ts'
import { voicesFor } from '../voices/voices.ts'
import { createHeadlineFacts } from './headline-facts.ts'

type HeadlineCalls = Extract<keyof Handlers, `headline.${string}`>

interface Side {
  id: string | null
  use: Voices | null
}

export function headlineHandlers(context: AppContext): Pick<Handlers, HeadlineCalls> {
  const { store, bases, events, requests } = context
  const shownOf = createShown(context)
  /** Removed while the app runs. */
  const removed = new Map<string, HeadlineRecord>()
  const get = (id: string): HeadlineRecord => {
    const record = store.headlines.get(id)
    if (!record) throw new IdiolectError('UnknownHeadline', `there are no headlines ${JSON.stringify(id)}`, null)
    return record
  }
  const known = (record: HeadlineRecord, candidate: string): void => {
    if (record.candidates.includes(candidate)) return
    throw new IdiolectError('BadOption', `${JSON.stringify(candidate)} is none of these headlines`, null)
  }

  return {
    'headline.write': ({ request, text, id, count = 5, against, seed = 1, maxTokens, ...options }) =>
      requests.run(request, async (signal) => {
        const piece = pieceText(text, 'to headline')
        const sides = sidesOf(context, options, against)
        const earlier = id === undefined ? null : get(id)
        const shown = await shownOf(piece, { ...options, voiced: sides.some((side) => side.id !== null) }, signal)
        const own = new Set(shown.own.map(({ title }) => title))
        const titles = store.documents.list({ status: 'mine' }).documents.map(({ title }) => title)
        const record = earlier ?? recordOf(piece, sides)
        if (sides.length > 1 && record.blind === null) record.blind = 'hidden'
        const places = mixed(sides, count)
        const candidates = await bases.withBase(
          (base) =>
            writeHeadlines({
              base,
              builder: shown.builder(base),
              text: piece,
              retrieved: shown.pairs,
              prompt: shown.prompt,
              avoid: [
                // A small voice likes to repeat a title that it has learnt; only this very piece may have its own.
                ...titles.filter((title) => !own.has(title)),
                ...record.candidates,
                ...store.headlines.ofText(piece).flatMap(({ rejected }) => rejected),
              ],
              ...(sides.length > 1 ? { voices: places.map(({ use }) => use) } : { voice: sides[0]?.use ?? null }),
              count,
              after: record.candidates.length,
              signal,
              seed,
              onText: (index, chunk) => events.emit('stream', { request, index, text: chunk }),
              onCandidate: (index, candidate) => {
                if (candidate !== null) {
                  // What happened to the record meanwhile stays: it may have been picked from, or removed.
                  const now = record.candidates.length === 0 ? record : store.headlines.get(record.id)
                  if (now !== null) {
                    record.candidates = [...now.candidates, candidate.text]
                    record.authors = [...now.authors, (places[index] ?? sides[0])?.id ?? null]
                    const { candidates, authors } = record
                    store.headlines.put({ ...now, candidates, authors, blind: now.blind ?? record.blind })
                  }
                }
                events.emit('headline.candidate', { request, id: record.id, index, candidate: candidate?.text ?? null })
              },
              ...(maxTokens === undefined ? {} : { maxTokens }),
            }),
          signal,
        )
        return { id: record.id, candidates, sources: shown.sources, voice: record.voice }
      }),
    async 'headline.pick'({ id, picked, edited }) {
      const record = get(id)
      if (picked === null) {
        const back = { ...record, picked: null, edited: null, blindPick: null }
        store.headlines.put(back)
        return shownRecord(back)
      }
      known(record, picked)
      const own = edited?.trim()
      const chosen: HeadlineRecord = {
        ...record,
        picked,
        edited: own && own !== picked ? own : null,
        rejected: record.rejected.filter((text) => text !== picked),
        ...(record.blind === 'hidden' ? { blind: 'seen', blindPick: picked } : {}),
      }
      store.headlines.put(chosen)
      return shownRecord(chosen)
    },
    async 'headline.reject'({ id, candidate, rejected = true }) {
      const record = get(id)
      known(record, candidate)
      const others = record.rejected.filter((text) => text !== candidate)
      const taken = rejected && record.picked === candidate
      const changed: HeadlineRecord = {
        ...record,
        rejected: rejected ? [...others, candidate] : others,
        ...(taken ? { picked: null, edited: null, blindPick: null } : {}),
      }
      store.headlines.put(changed)
      return shownRecord(changed)
    },
    async 'headline.reveal'({ id }) {
      const record = get(id)
      const seen: HeadlineRecord = record.blind === 'hidden' ? { ...record, blind: 'seen' } : record
      store.headlines.put(seen)
      return shownRecord(seen)
    },
    async 'headline.list'({ text }) {
      return store.headlines.list(200, text?.trim() ?? '').map(shownRecord)
    },
    async 'headline.remove'({ id }) {
      const record = store.headlines.get(id)
      if (record) removed.set(id, record)
      return { removed: store.headlines.remove(id) }
    },
    async 'headline.bringBack'({ id }) {
      const record = removed.get(id)
      if (record) store.headlines.put(record)
      removed.delete(id)
      return shownRecord(get(id))
    },
    'headline.facts': createHeadlineFacts(store),
  }
}

function recordOf(piece: string, sides: readonly Side[]): HeadlineRecord {
  return {
    id: randomUUID(),
    at: new Date().toISOString(),
    excerpt: excerptOf(piece),
    text: piece,
    candidates: [],
    authors: [],
    rejected: [],
    picked: null,
    edited: null,
    voice: sides[0]?.id ?? null,
    blind: null,
    blindPick: null,
  }
}

/** As the window may see it: while the authors are hidden, it does not know them either. */
function shownRecord(record: HeadlineRecord): HeadlineRecord {
  return record.blind === 'hidden' ? { ...record, authors: [] } : record
}

/** Whose candidates are written: one's, or two's. Errors: those of `voicesFor`; `SameVoice` for twice the same. */
function sidesOf(
  context: AppContext,
  { voice, voices, scale }: Pick<GenerationOptions, 'voice' | 'voices' | 'scale'>,
  against: HeadlineRival | undefined,
): Side[] {
  const usual = readSettings(context).scale
  const side = (wanted: HeadlineRival): Side => voicesFor(context, wanted, usual, 'headline') ?? { id: null, use: null }
  const own = side({ voice, voices, scale })
  if (against === undefined) return [own]
  const other = side(against)
  if (other.id === own.id) {
    throw new IdiolectError(
      'SameVoice',
      'both sides of the blind trial are the same',
      'Switch a voice on, or choose another one to compare it with.',
    )
  }
  return [own, other]
}

/** Half of the places each, in an order that nobody knows. */
function mixed(sides: readonly Side[], count: number): Side[] {
  const random = seeded(`blind/${randomInt(2 ** 32)}`)
  const first = random.below(sides.length)
  const places = Array.from({ length: count }, (_, i) => sides[(i + first) % sides.length] as Side)
  return shuffle(places, random)
}

/** What a piece's prompt shows, kept while candidates are asked for one piece again and again. */
function createShown(context: AppContext) {
  const { store, bases } = context
  let kept: { key: string; shown: Shown } | null = null
  return async (
    piece: string,
    options: Pick<GenerationOptions, 'retrieval' | 'profile'> & { voiced: boolean },
    signal: AbortSignal,
  ): Promise<Shown> => {
    const retrieval = options.retrieval ?? readSettings(context).retrieval
    const key = JSON.stringify([
      retrieval,
      options.voiced,
      profileFor(context, 'headline', options.profile),
      store.libraryVersion(),
      store.passages.pendingCount(),
      bases.embedding()?.sha256,
      piece,
    ])
    if (kept?.key !== key) kept = { key, shown: await shownBeside(context, 'headline', piece, options, signal) }
    return kept.shown
  }
}
