/** When a voice has won, and the words for it. Pure: numbers in, a sentence or two out. */
import type { Proof, Said } from '../../preload/contract.ts'
import { english, say } from '../said.ts'
import { worseIn } from './by-task.ts'

/**
 * A gain over the base counts when its whole interval is above this many nats per token (1% in likelihood): a smaller
 * one, however certain, is not worth the switch.
 */
export const MARGIN = 0.01

/** Fewer pieces say more about those pieces than about the voice. */
export const MINIMUM_PIECES = 3

type Facts = Pick<Proof, 'pieces' | 'scores' | 'gain' | 'tasks' | 'otherIs' | 'otherSaid'>

/**
 * The voice wins when its gain over the base clears the margin, without retrieval and with it, and when it beats the
 * control: each with the low end of its 95% interval. Where a task adapter lies under it, or would answer without it, it
 * must beat that too, with retrieval, as it would be used: short histories often have no more to teach than that knows.
 * The verdict names the numbers, the tasks in which a voice that won is silent all the same (`worseIn`), and when it has
 * not won, every condition that failed.
 */
export function judge(facts: Facts): { won: boolean; verdict: string; said: Said } {
  const { pieces, scores, gain } = facts
  const other = facts.otherSaid ?? say('plain', facts.otherIs)
  const silent = worseIn(facts)
  const reasons: Said[] = []
  if (pieces < MINIMUM_PIECES) reasons.push(say('proof.fewPieces', pieces, MINIMUM_PIECES))
  else {
    const { overBase, overBaseWithRetrieval, overOther, overTaskWithRetrieval } = gain
    if (overBase.low <= MARGIN) {
      const lost = overBase.mean <= 0
      reasons.push(lost ? say('proof.noLikelier', pieces, overBase) : say('proof.small', pieces, overBase, MARGIN))
    }
    if (overBaseWithRetrieval.low <= MARGIN) reasons.push(say('proof.smallAtHand', overBaseWithRetrieval, MARGIN))
    if (overTaskWithRetrieval && overTaskWithRetrieval.low <= 0)
      reasons.push(say('proof.noLeadOverTask', overTaskWithRetrieval))
    if (overOther.low <= 0) reasons.push(say('proof.noLead', other, overOther))
    // It would be switched on and silent everywhere.
    if (reasons.length === 0 && silent.length > 0 && silent.length === facts.tasks?.length)
      reasons.push(say('proof.noTask'))
  }
  const { overBase, overBaseWithRetrieval, overOther, overTask } = gain
  const won = reasons.length === 0
  const said = won
    ? say(
        'proof.won',
        pieces,
        scores.base.nll,
        scores.voice.nll,
        overBase,
        overBaseWithRetrieval,
        other,
        overOther,
        overTask ?? null,
        silent,
      )
    : say('proof.lost', reasons)
  return { won, verdict: english(said), said }
}
