/** Mixes: several voices with their weights under one name, switched on like a voice. */
import { randomUUID } from 'node:crypto'
import type { VoiceWeight } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { english } from '../../said.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import type { Card } from './card.ts'
import { checkWeights, unknownVoice, whyNoMix } from './voices.ts'

const HEAVIEST = 2

/**
 * The card of a new mix, or of a changed one.
 * @param id of the mix that changes
 * Errors: IdiolectError `BadName`, `BadOption`, `BadMix`, `UnknownVoice`, `VoicesDoNotMix` with the reason.
 */
export function mixCard(
  context: AppContext,
  id: string | undefined,
  name: string,
  voices: readonly VoiceWeight[],
): Card {
  const { store } = context
  const called = name.trim()
  if (called === '' || called.length > 120) throw new IdiolectError('BadName', 'a name has 1 to 120 characters', null)
  checkWeights(voices)
  const cards = voices.map(({ voice }) => {
    const found = store.voices.get<Card>(voice)
    if (!found) throw unknownVoice(context, voice)
    if (found.card.mix) throw new IdiolectError('BadMix', `“${found.card.name}” is a mix itself`, 'Mix its voices.')
    return found.card
  })
  if (
    new Set(voices.map(({ voice }) => voice)).size < 2 ||
    voices.length > new Set(voices.map(({ voice }) => voice)).size
  )
    throw new IdiolectError('BadMix', 'a mix takes two or more voices, each once', null)
  const heavy = voices.find(({ weight }) => weight < 0 || weight > HEAVIEST)
  if (heavy) throw new IdiolectError('BadMix', `a weight is a number from 0 to ${HEAVIEST}, not ${heavy.weight}`, null)
  const why = whyNoMix(context, voices)
  if (why) throw new IdiolectError('VoicesDoNotMix', `these voices do not mix: ${english(why)}`, 'Choose others.')
  const before = id === undefined ? null : (store.voices.get<Card>(id)?.card ?? null)
  if (before !== null && !before.mix) throw new IdiolectError('BadMix', `“${before.name}” is no mix`, null)
  return {
    ...(before?.strength === undefined ? {} : { strength: before.strength }),
    id: id ?? `mix-${randomUUID().slice(0, 8)}`,
    name: called,
    base: cards[0]?.base ?? '',
    createdAt: before?.createdAt ?? new Date().toISOString(),
    run: null,
    pieces: 0,
    examples: 0,
    tokens: 0,
    trainingSeconds: 0,
    rank: 0,
    alpha: 0,
    targets: [],
    bytes: 0,
    won: null,
    gain: null,
    tasks: [...new Set(cards.flatMap(({ tasks }) => tasks))],
    mix: voices.map(({ voice, weight }) => ({ voice, weight })),
    imported: false,
  }
}

/** Ids of the mixes that hold this voice. */
export function mixesWith({ voices }: Pick<Store, 'voices'>, voice: string): string[] {
  return voices.list<Card>().flatMap(({ id, card }) => (card.mix?.some((one) => one.voice === voice) ? [id] : []))
}
