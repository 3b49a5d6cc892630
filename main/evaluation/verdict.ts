/** When a voice has won, and the words for it. Pure: numbers in, a sentence or two out. */
import type { Proof, ProofDifference } from '../../preload/contract.ts'

/**
 * A gain over the base counts when its whole interval is above this many nats per token (1% in likelihood): a smaller
 * one, however certain, is not worth the switch.
 */
export const MARGIN = 0.01

/** Fewer pieces say more about those pieces than about the voice. */
export const MINIMUM_PIECES = 3

type Facts = Pick<Proof, 'pieces' | 'scores' | 'gain' | 'otherIs'>

/**
 * The voice wins when its gain over the base clears the margin, without retrieval and with it, and when it beats the
 * control: each with the low end of its 95% interval. The verdict names the numbers, and when the voice has not won,
 * every condition that failed.
 */
export function judge({ pieces, scores, gain, otherIs }: Facts): Pick<Proof, 'won' | 'verdict'> {
  const reasons: string[] = []
  if (pieces < MINIMUM_PIECES) {
    reasons.push(`it could be tried on ${count(pieces)} only, and at least ${MINIMUM_PIECES} are needed`)
  } else {
    const { overBase, overBaseWithRetrieval, overOther } = gain
    const wanted = `a gain counts when its interval is above ${MARGIN}`
    if (overBase.low <= MARGIN) {
      reasons.push(
        overBase.mean <= 0
          ? `it finds your ${newest(pieces)} no likelier than the base model does: ${written(overBase)} nats per token`
          : `its gain over the base model on your ${newest(pieces)} is ${written(overBase)} nats per token; ${wanted}`,
      )
    }
    if (overBaseWithRetrieval.low <= MARGIN) {
      reasons.push(
        `with your earlier writing at hand, its gain over the base model is ${written(overBaseWithRetrieval)}; ${wanted}`,
      )
    }
    if (overOther.low <= 0) {
      reasons.push(`its lead over ${otherIs} is ${written(overOther)}, which is not clear of zero`)
    }
  }
  if (reasons.length > 0) {
    return { won: false, verdict: `The voice is kept but not switched on: ${reasons.join('. Also, ')}.` }
  }
  return {
    won: true,
    verdict:
      `The voice won on your ${newest(pieces)}, which it had not seen: from ${number(scores.base.nll)} to ` +
      `${number(scores.voice.nll)} nats per token, a gain of ${written(gain.overBase)}; with your earlier writing ` +
      `at hand, ${written(gain.overBaseWithRetrieval)}. It leads ${otherIs} by ${written(gain.overOther)}.` +
      (gain.overTask ? ` Over the task adapter alone, its gain is ${written(gain.overTask)}.` : ''),
  }
}

function count(pieces: number): string {
  return pieces === 1 ? '1 piece' : `${pieces} pieces`
}

function newest(pieces: number): string {
  return `${pieces} newest pieces`
}

/** Mean and interval: `0.81 (95% interval 0.62 to 1.01)`. */
function written({ mean, low, high }: ProofDifference): string {
  return `${number(mean)} (95% interval ${number(low)} to ${number(high)})`
}

/** Two decimals, three where two would read as zero or hide a margin; a true minus sign. */
function number(value: number): string {
  return value.toFixed(Math.abs(value) < 0.1 ? 3 : 2).replace('-', '−')
}
