/** The ratings' surface: the distribution over the owner's scale for a review, and what the owner gave in the end. */
import type { Calls, Handlers, RateResult } from '../../../preload/contract.ts'
import { rateText } from '../../assistant/rate.ts'
import { IdiolectError } from '../../errors.ts'
import { type Scale, scaleOf } from '../../examples/rate.ts'
import type { AppContext } from '../context.ts'
import { pieceText, shownBeside } from '../library/shown.ts'
import { readSettings } from '../settings.ts'
import { voicesFor } from '../voices/voices.ts'
import { pickedOf, suggested } from './picks.ts'

/** Of all the owner's ratings. */
export function scaleOfLibrary({ store }: Pick<AppContext, 'store'>): Scale {
  return scaleOf(store.documents.list({ status: 'mine' }).documents.map(({ rating }) => rating))
}

/** Errors: IdiolectError `OffScale` naming the score and the scale. */
export function checkScore(score: number, { scores }: Scale): void {
  if (scores.includes(score)) return
  throw new IdiolectError('OffScale', `${score} is not on the scale ${scores.join(', ')}`, 'Give a score of the scale.')
}

export type RateRequest = Omit<Calls['rate.suggest']['in'], 'request'>

/** Errors: IdiolectError `EmptyText`, and those of voices and bases. */
export async function suggestRating(
  context: AppContext,
  { text, voice, voices, scale, seed: _, maxTokens: __, ...shownWith }: RateRequest,
  signal: AbortSignal,
): Promise<Omit<RateResult, 'id'> & { piece: string }> {
  const piece = pieceText(text, 'to rate')
  const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale, 'rate')
  const shown = await shownBeside(context, 'rate', piece, shownWith, signal)
  const rating = await context.bases.withBase(
    (base) =>
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
    signal,
  )
  return {
    piece,
    ...rating,
    note: shown.scale.note,
    noteSaid: shown.scale.said,
    sources: shown.sources,
    voice: used?.id ?? null,
  }
}

export function rateHandlers(context: AppContext): Pick<Handlers, 'rate.suggest' | 'rate.pick'> {
  return {
    'rate.suggest': ({ request, ...asked }) =>
      context.requests.run(request, async (signal) => {
        const { piece, ...result } = await suggestRating(context, asked, signal)
        const offered = [...result.distribution].sort((a, b) => b.probability - a.probability)
        const scores = offered.map(({ score }) => String(score))
        return { id: suggested(context, 'rate', piece, scores, result.voice), ...result }
      }),
    async 'rate.pick'({ id, score }) {
      if (score !== null) checkScore(score, scaleOfLibrary(context))
      return pickedOf(context, id, 'rate', score === null ? null : [String(score)])
    },
  }
}
