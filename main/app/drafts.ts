/** The drafts' surface: an opening gone on with, or an instruction carried out, in the voice. */
import type { Handlers } from '../../preload/contract.ts'
import { answerChat } from '../assistant/chat.ts'
import { continueDraft } from '../assistant/draft.ts'
import { IdiolectError } from '../errors.ts'
import { passagesFor } from './chat-answer.ts'
import type { AppContext } from './context.ts'
import { keptHandlers } from './drafts-kept.ts'
import { profileFor } from './profiles.ts'
import { shownBeside } from './shown.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type DraftCalls = Extract<keyof Handlers, `draft.${string}`>

export function draftHandlers(context: AppContext): Pick<Handlers, DraftCalls> {
  const { bases, events, requests } = context
  return {
    ...keptHandlers(context),
    'draft.write': ({ request, text, from = 'opening', voice, voices, scale, seed, maxTokens, ...shownWith }) =>
      requests.run(request, async (signal) => {
        const given = text.trim()
        if (given === '') {
          const what = from === 'opening' ? 'no opening to go on from' : 'no instruction'
          throw new IdiolectError('EmptyText', `there is ${what}`, 'Write something first.')
        }
        if (from !== 'opening' && from !== 'instruction')
          throw new IdiolectError('BadOption', `${JSON.stringify(from)} is neither opening nor instruction`, null)
        const settings = readSettings(context)
        const used = voicesFor(context, { voice, voices, scale }, settings.scale)
        const common = {
          voice: used?.use ?? null,
          signal,
          onText: (chunk: string) => events.emit('stream', { request, index: 0, text: chunk }),
          ...(seed === undefined ? {} : { seed }),
          ...(maxTokens === undefined ? {} : { maxTokens }),
        }
        if (from === 'instruction') {
          const sources = (shownWith.retrieval ?? settings.retrieval) ? await passagesFor(context, given) : []
          const passages = sources.map(({ title, text: passage }) => ({ title, text: passage }))
          const turns = [{ role: 'user' as const, text: given }]
          const profile = profileFor(context, 'prose', shownWith.profile)
          const written = await bases.withBase((base) => answerChat({ base, turns, passages, profile, ...common }))
          return draftOf(written, sources, used?.id ?? null)
        }
        const { pairs, prompt, builder, sources } = await shownBeside(context, 'prose', given, shownWith, signal)
        const written = await bases.withBase((base) =>
          continueDraft({ base, builder: builder(base), opening: given, retrieved: pairs, prompt, ...common }),
        )
        return draftOf(written, sources, used?.id ?? null)
      }),
  }
}

function draftOf(
  { text, finish }: { text: string; finish: string },
  sources: Awaited<ReturnType<typeof passagesFor>>,
  voice: string | null,
) {
  return { text: text.trim(), sources, voice, stopped: finish === 'aborted' }
}
