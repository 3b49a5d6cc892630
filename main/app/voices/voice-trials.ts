/** Blind trials: what is asked of the owner, and how often the voice was taken for their own hand. */
import { randomUUID } from 'node:crypto'
import type { Tally, Trial, TrialItem } from '../../../preload/contract.ts'
import { sameness } from '../../assistant/headline.ts'
import { binomialInterval } from '../../evaluation/binomial.ts'
import type { TaskQuery } from '../../examples/types.ts'
import type { Base, Voices } from '../../inference/types.ts'
import { seeded, shuffle } from '../../random.ts'
import type { TrialRecord } from '../../store/trials.ts'
import type { AppContext } from '../context.ts'
import { type HeldOut, heldOutOf, ownLike, whyNoHeldOut } from '../library/held-out.ts'

/** A trial as the owner may see it: who wrote what is told only of what was judged. */
export function trialOf(context: AppContext, voice: string): Trial {
  const records = context.store.trials.list(voice)
  return { items: records.map(itemOf), tally: tallyOf(records), left: leftFor(context, voice, records).length }
}

function itemOf({ voice: _, at: __, options, picked, ...item }: TrialRecord): TrialItem {
  return { ...item, picked, options: options.map(({ text, by }) => ({ text, by: picked === null ? null : by })) }
}

export function tallyOf(records: readonly Pick<TrialRecord, 'options' | 'picked'>[]): Tally {
  const picks = records.flatMap(({ options, picked }) => (picked === null ? [] : [options[picked]?.by ?? 'none']))
  const count = (by: string): number => picks.filter((pick) => pick === by).length
  const [voice, base] = [count('voice'), count('base')]
  const share = voice + base === 0 ? null : binomialInterval(voice, voice + base)
  return { judged: picks.length, voice, base, own: count('own'), none: count('none'), share }
}

/** Held-out texts without an item, in an order by chance, headlines and prose by turns. */
export function leftFor(context: AppContext, voice: string, records: readonly TrialRecord[]): TaskQuery[] {
  if (whyNoHeldOut(context, voice) !== null) return []
  const { queries, seed } = heldOutOf(context, voice)
  const asked = new Set(records.map(({ task, document }) => `${task}|${document}`))
  const left = shuffle(
    queries.filter(({ task, document }) => !asked.has(`${task}|${document}`)),
    seeded(`${seed}/trial/${voice}`),
  )
  const prose = left.filter(({ task }) => task === 'prose')
  const headlines = left.filter(({ task }) => task !== 'prose')
  const length = Math.max(prose.length, headlines.length)
  return Array.from({ length }, (_, i) => [prose[i], headlines[i]]).flatMap((two) =>
    two.filter((one) => one !== undefined),
  )
}

/** One item, its options in an order by chance; null where base and voice write the same but for case and marks, or one of them nothing. */
export async function writeItem(
  base: Base,
  held: HeldOut,
  query: TaskQuery,
  { voice, use, own, signal }: { voice: string; use: Voices; own: boolean; signal: AbortSignal },
): Promise<TrialRecord | null> {
  const alone = await held.write(base, query, null, signal)
  const spoken = await held.write(base, query, use, signal)
  if (alone === null || spoken === null || sameness(alone) === sameness(spoken)) return null
  const longer = alone.length > spoken.length ? alone : spoken
  const options: TrialRecord['options'] = [
    { by: 'base', text: alone },
    { by: 'voice', text: spoken },
    ...(own
      ? [{ by: 'own' as const, text: query.task === 'prose' ? ownLike(query.answer, longer) : query.answer }]
      : []),
  ]
  const { document, title, date, task, input } = query
  const id = randomUUID()
  shuffle(options, seeded(`${id}/order`))
  return {
    id,
    voice,
    at: new Date().toISOString(),
    document,
    title,
    date: date || null,
    task,
    opening: input,
    options,
    picked: null,
  }
}
