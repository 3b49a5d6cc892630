/** What the assistant writes into a draft: going on, rewriting a selection, filling an outline; in the voice, streamed. */
import type { DraftResult, GenerationOptions, Handlers, RewriteHow, Source } from '../../../preload/contract.ts'
import { answerChat, type ChatPassage } from '../../assistant/chat.ts'
import { continueDraft } from '../../assistant/draft.ts'
import { fillOutline, outlinePoints } from '../../assistant/outline.ts'
import { rewriteText } from '../../assistant/rewrite.ts'
import { IdiolectError } from '../../errors.ts'
import type { Voices } from '../../inference/types.ts'
import { passagesFor } from '../chat/chat-answer.ts'
import type { AppContext } from '../context.ts'
import { shownBeside } from '../library/shown.ts'
import { readSettings } from '../settings.ts'
import { profileFor } from '../voices/profiles.ts'
import { voicesFor } from '../voices/voices.ts'

type WrittenCalls = 'draft.write' | 'draft.rewrite' | 'draft.outline'

const HOWS: readonly RewriteHow[] = ['shorter', 'plainer', 'warmer', 'mine', 'ask']
/** Characters of a selection: beyond that a rewrite takes hours on the starter model. */
const LONGEST = 20_000
const MOST_POINTS = 40
/** Characters by which passages are looked for. */
const QUERY = 2000
/** Passages shown: a small model copies from many. */
const PASSAGES = 2

export function writtenHandlers(context: AppContext): Pick<Handlers, WrittenCalls> {
  const { bases, events, requests } = context
  /** What all three take from the caller's options. */
  const common = (
    { voice, voices, scale, seed, maxTokens }: GenerationOptions,
    signal: AbortSignal,
  ): { id: string | null; use: Common } => {
    const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale, 'prose')
    const use = {
      voice: used?.use ?? null,
      signal,
      ...(seed === undefined ? {} : { seed }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    }
    return { id: used?.id ?? null, use }
  }
  const streamed =
    (request: string) =>
    (index: number, text: string): void =>
      events.emit('stream', { request, index, text })
  const ownPassages = async (query: string, retrieval: boolean | undefined, signal: AbortSignal): Promise<Source[]> => {
    if (!(retrieval ?? readSettings(context).retrieval)) return []
    return (await passagesFor(context, query.slice(0, QUERY), signal)).slice(0, PASSAGES)
  }
  return {
    'draft.write': ({ request, text, from = 'opening', ...options }) =>
      requests.run(request, async (signal) => {
        const given = text.trim()
        if (given === '') {
          const what = from === 'opening' ? 'no opening to go on from' : 'no instruction'
          throw new IdiolectError('EmptyText', `there is ${what}`, 'Write something first.')
        }
        if (from !== 'opening' && from !== 'instruction')
          throw new IdiolectError('BadOption', `${JSON.stringify(from)} is neither opening nor instruction`, null)
        const { id, use } = common(options, signal)
        const shown = { ...use, onText: (chunk: string) => streamed(request)(0, chunk) }
        if (from === 'instruction') {
          const retrieval = options.retrieval ?? readSettings(context).retrieval
          const sources = retrieval ? await passagesFor(context, given, signal) : []
          const passages = sources.map(passageOf)
          const turns = [{ role: 'user' as const, text: given }]
          const profile = profileFor(context, 'prose', options.profile)
          const written = await bases.withBase(
            // What an instruction asks may stand at its beginning, which a chat would leave out first.
            (base) => answerChat({ base, turns, passages, profile, whole: true, ...shown }),
            signal,
          )
          return resultOf(written, sources, id)
        }
        // What the prompt shows and what is looked for stand at the end, however long the draft is.
        const opening = given.slice(-OPENING)
        const { pairs, prompt, builder, sources } = await shownBeside(context, 'prose', opening, options, signal)
        const written = await bases.withBase(
          (base) => continueDraft({ base, builder: builder(base), opening, retrieved: pairs, prompt, ...shown }),
          signal,
        )
        return resultOf(written, sources, id)
      }),
    'draft.rewrite': ({ request, text, before, after, how, ask = '', ...options }) =>
      requests.run(request, async (signal) => {
        checkRewrite(text, how, ask)
        const { id, use } = common(options, signal)
        const sources = how === 'mine' || how === 'ask' ? await ownPassages(text, options.retrieval, signal) : []
        const profile = how === 'mine' ? profileFor(context, 'prose', options.profile) : null
        if (how === 'mine' && use.voice === null && sources.length === 0 && !profile) throw nothingOfYours()
        const passages = how === 'mine' ? sources.map(passageOf) : []
        const written = await bases.withBase(
          (base) =>
            rewriteText({
              base,
              text,
              how,
              ask,
              passages,
              profile,
              onText: streamed(request),
              ...use,
              ...(before === undefined ? {} : { before }),
              ...(after === undefined ? {} : { after }),
            }),
          signal,
        )
        const result = resultOf(written, passages.length > 0 ? sources : [], id)
        return { ...result, text: written.text, cut: written.finish === 'length' }
      }),
    'draft.outline': ({ request, outline, before = '', ...options }) =>
      requests.run(request, async (signal) => {
        const points = outlinePoints(outline)
        checkOutline(points)
        const { id, use } = common(options, signal)
        const sources = await ownPassages(outline, options.retrieval, signal)
        const profile = profileFor(context, 'prose', options.profile)
        const filled = await bases.withBase(
          (base) =>
            fillOutline({
              base,
              points,
              before,
              passages: sources.map(passageOf),
              profile,
              onText: streamed(request),
              ...use,
            }),
          signal,
        )
        const blocks = filled.points.map(({ text, heading, written }) => (heading ? `## ${text}` : written))
        const text = blocks.filter((block) => block !== '').join('\n\n')
        return { ...resultOf({ text, finish: filled.finish }, sources, id), points: filled.points }
      }),
  }
}

interface Common {
  voice: Voices | null
  signal: AbortSignal
  seed?: number
  maxTokens?: number
}

/** Characters before the cursor that going on looks at. */
const OPENING = 4000

function resultOf(
  { text, finish }: { text: string; finish: string },
  sources: Source[],
  voice: string | null,
): DraftResult {
  return { text: text.trim(), sources, voice, stopped: finish === 'aborted' }
}

function passageOf({ title, text }: Source): ChatPassage {
  return { title, text }
}

function checkRewrite(text: string, how: RewriteHow, ask: string): void {
  if (!HOWS.includes(how))
    throw new IdiolectError('BadOption', `${JSON.stringify(how)} is no way to rewrite`, `Ways are ${HOWS.join(', ')}.`)
  if (text.trim() === '')
    throw new IdiolectError('EmptyText', 'there is no text to rewrite', 'Select some words first.')
  if (how === 'ask' && ask.trim() === '')
    throw new IdiolectError('EmptyText', 'nothing was asked', 'Say what is to be done with the selection.')
  if (text.length <= LONGEST) return
  throw new IdiolectError(
    'SelectionTooLong',
    `the selection has ${text.length} characters, and at most ${LONGEST} are rewritten at once`,
    'Select less.',
  )
}

function checkOutline(points: readonly { heading: boolean }[]): void {
  const count = points.filter(({ heading }) => !heading).length
  if (count === 0) {
    throw new IdiolectError('EmptyText', 'the outline has no points', 'Write a line for each paragraph that you want.')
  }
  if (count <= MOST_POINTS) return
  throw new IdiolectError(
    'OutlineTooLong',
    `the outline has ${count} points, and at most ${MOST_POINTS} are written at once`,
    'Select a part of it.',
  )
}

function nothingOfYours(): IdiolectError {
  return new IdiolectError(
    'NothingOfYours',
    'no voice that learnt prose is on, and no earlier writing was found to go by',
    'Switch a voice on, or import some of your writing.',
  )
}
