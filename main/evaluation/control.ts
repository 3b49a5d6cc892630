/** The control voice's examples for an owner without a second history: the same form of task, another's answers. */
import { IdiolectError } from '../errors.ts'
import { type Random, seeded } from '../random.ts'
import type { TokenExample } from '../trainer/types.ts'

/**
 * Keeps each prompt and deals it the answer of another example; no example keeps its own. A voice trained on these
 * learns the task's form and the owner's words, but not what they answer to.
 * Throws `TooFewPieces` for fewer than two examples.
 */
export function shuffledAnswers(examples: TokenExample[], seed: number): TokenExample[] {
  if (examples.length < 2) {
    throw new IdiolectError(
      'TooFewPieces',
      `A control voice needs at least 2 examples, and there is ${examples.length}`,
      'Import more writing.',
    )
  }
  const dealt = randomCycle(examples.length, seeded(`control/${seed}`))
  return examples.map((example, i) => {
    const giver = examples[dealt[i] as number] as TokenExample
    const answer = giver.tokens.subarray(giver.answerFrom)
    const tokens = new Int32Array(example.answerFrom + answer.length)
    tokens.set(example.tokens.subarray(0, example.answerFrom))
    tokens.set(answer, example.answerFrom)
    return { tokens, answerFrom: example.answerFrom }
  })
}

/**
 * A permutation of 0..count-1 that leaves nothing in its place: one random cycle through all (Sattolo 1986).
 * `count` must be 2 or more.
 */
export function randomCycle(count: number, random: Random): number[] {
  if (count < 2) throw new RangeError(`a cycle needs 2 or more items, not ${count}`)
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i)
    const kept = order[i] as number
    order[i] = order[j] as number
    order[j] = kept
  }
  return order
}
