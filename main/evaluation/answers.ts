/**
 * How likely each answer is, as the proof counts it. Free text by its tokens. A tag or a score is chosen in use, not
 * written: it counts by its share in the ranking of all that it could be, as one token. By its tokens, a voice that knows
 * the form of a tag would gain nats on each, and rank the right one last.
 */
import { rankLabels } from '../assistant/labels.ts'
import { labelTemperature } from '../examples/labels.ts'
import { MOST_COMPARED, tagKey } from '../examples/tag.ts'
import type { TaskName, TaskQuery } from '../examples/types.ts'
import type { Base, QueryScore, Voices } from '../inference/types.ts'
import type { TokenExample } from '../trainer/types.ts'

/** What the answers of a task are chosen from, the most used first; tasks that are not named are written. */
export type Choices = Partial<Record<TaskName, readonly string[]>>

export interface Choice {
  task: TaskName
  /** Distinct. */
  labels: string[]
  /** The right one's place. */
  gold: number
}

/** One answer to be scored: the example's own, or one of a set after the example's prompt. */
export interface Asked {
  example: TokenExample
  choice: Choice | null
}

/**
 * What a query's answer is compared with: at most MOST_COMPARED labels, as in use; the answer is the one that is the same tag
 * (`tagKey`). One that the owner had not used before is none of them: then it is compared too, as one more, under every arm
 * alike. Null: it is free text.
 */
export function choiceOf({ task, answer }: Pick<TaskQuery, 'task' | 'answer'>, choices: Choices): Choice | null {
  const known = choices[task]
  if (known === undefined) return null
  const labels = [...new Set(known)].slice(0, MOST_COMPARED)
  const gold = labels.findIndex((label) => tagKey(label) === tagKey(answer))
  return gold === -1 ? { task, labels: [...labels, answer], gold: labels.length } : { task, labels, gold }
}

/** Answer tokens that an answer counts as. */
export function tokensOf({ example, choice }: Asked): number {
  return choice === null ? example.tokens.length - example.answerFrom : 1
}

/**
 * In the order given, each by itself. NLL in nats; of a choice it is -ln of the right one's share among the labels.
 * Errors: those of `score` and `rank`; `BadScore` where a label's likelihood is not a number.
 */
export async function scoreAnswers(
  base: Pick<Base, 'score' | 'rank' | 'tokenize' | 'endToken'>,
  asked: readonly Asked[],
  options: { voice: Voices | null; signal?: AbortSignal | undefined; onProgress?: (done: number) => void },
): Promise<QueryScore[]> {
  const { voice, signal, onProgress } = options
  const scores: QueryScore[] = []
  for (const { example, choice } of asked) {
    signal?.throwIfAborted()
    if (choice === null) {
      const found = await base.score([example], { voice, ...(signal ? { signal } : {}) })
      if (found.length !== 1) throw new Error(`${found.length} scores for one query`)
      scores.push(found[0] as QueryScore)
    } else {
      const { tokens, answerFrom } = example
      const nll = await choiceNll(base, tokens.subarray(0, answerFrom), choice, voice, signal)
      scores.push({ nll, tokens: 1 })
    }
    onProgress?.(scores.length)
  }
  return scores
}

async function choiceNll(
  base: Parameters<typeof scoreAnswers>[0],
  prompt: Int32Array,
  { task, labels, gold }: Choice,
  voice: Voices | null,
  signal: AbortSignal | undefined,
): Promise<number> {
  const temperature = labelTemperature(task, voice !== null)
  const { ranked } = await rankLabels({ base, prompt, labels, voice, ...(signal ? { signal } : {}) })
  const logs = new Map(ranked.map(({ label, logProbability }) => [label, logProbability / temperature]))
  const most = Math.max(...logs.values())
  const right = logs.get(labels[gold] as string) as number
  // Not by the share itself, which rounds to 0 where a voice is sure of another.
  return most - right + Math.log([...logs.values()].reduce((sum, log) => sum + Math.exp(log - most), 0))
}
