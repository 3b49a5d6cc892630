/** The ratings' surface: the distribution over the owner's scale for a review, and what the owner gave in the end. */
import type { Handlers } from '../../preload/contract.ts'
import { rateText } from '../assistant/rate.ts'
import { IdiolectError } from '../errors.ts'
import { type Scale, scaleOf } from '../examples/rate.ts'
import type { AppContext } from './context.ts'
import { pickedOf, suggested } from './picks.ts'
import { pieceText, shownBeside } from './shown.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type RateCalls = Extract<keyof Handlers, `rate.${string}`>

/** Of all the owner's ratings. */
export function scaleOfLibrary({ store }: Pick<AppContext, 'store'>): Scale {
  return scaleOf(store.documents.list({ status: 'mine' }).documents.map(({ rating }) => rating))
}

/** Errors: IdiolectError `OffScale` naming the score and the scale. */
export function checkScore(score: number, { scores }: Scale): void {
  if (scores.includes(score)) return
  throw new IdiolectError('OffScale', `${score} is not on the scale ${scores.join(', ')}`, 'Give a score of the scale.')
}

export function rateHandlers(context: AppContext): Pick<Handlers, RateCalls> {
  const { bases, requests } = context
  return {
    'rate.suggest': ({ request, text, voice, voices, scale, seed: _, maxTokens: __, ...shownWith }) =>
      requests.run(request, async (signal) => {
        const piece = pieceText(text, 'to rate')
        const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale)
        const shown = await shownBeside(context, 'rate', piece, shownWith, signal)
        const rating = await bases.withBase((base) =>
          rateText({
            base,
            builder: shown.builder(base),
            text: piece,
            retrieved: shown.pairs,
            prompt: shown.prompt,
            scores: shown.scale.scores,
            voice: used?.use ?? null,
            signal,
          }),
        )
        const offered = [...rating.distribution].sort((a, b) => b.probability - a.probability)
        return {
          id: suggested(
            context,
            'rate',
            piece,
            offered.map(({ score }) => String(score)),
            used?.id ?? null,
          ),
          ...rating,
          note: shown.scale.note,
          sources: shown.sources,
          voice: used?.id ?? null,
        }
      }),
    async 'rate.pick'({ id, score }) {
      checkScore(score, scaleOfLibrary(context))
      return pickedOf(context, id, 'rate', [String(score)])
    },
  }
}
