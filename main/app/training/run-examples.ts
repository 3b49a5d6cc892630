/** A run's queries as examples whose prompts are those of use: what stands before a query, in each part of the run. */
import { piecesShown, sharedOut, TRAINED_WITH_RETRIEVAL } from '../../examples/defaults.ts'
import { drawnMix } from '../../examples/mix.ts'
import type { PromptBuilder } from '../../examples/prompt.ts'
import type { PromptOptions, RetrievedPair, TaskName, TaskQuery } from '../../examples/types.ts'
import type { TokenExample } from '../../trainer/types.ts'
import { createEarlierSearch } from '../library/earlier-search.ts'

export interface RunExamples {
  /** Where the task is trained with retrieval, none, one or two earlier pieces, by chance. */
  training(query: TaskQuery): TokenExample
  /** What is shown in use. */
  validation(query: TaskQuery): TokenExample
  /** For the proof, which scores a query with and without them. */
  retrieved(query: TaskQuery): RetrievedPair[]
  /** What is shown in use where no voice speaks. */
  withoutVoice(query: TaskQuery): RetrievedPair[]
}

/**
 * @param earlier all queries of one task that prompts may show, each only to what is newer
 * @param owner whose they are: with the seed, what chance hangs on
 */
export function createRunExamples(
  task: TaskName,
  earlier: readonly TaskQuery[],
  { builder, prompt, seed, owner }: { builder: PromptBuilder; prompt: PromptOptions; seed: number; owner: string },
): RunExamples {
  const search = createEarlierSearch(earlier)
  const withRetrieval = TRAINED_WITH_RETRIEVAL[task]
  const example = (query: TaskQuery, k: number): TokenExample => {
    const pairs = search(query, k)
    return builder.example(query, pairs, sharedOut(prompt, pairs.length))
  }
  return {
    training: (query) => example(query, withRetrieval ? drawnMix(seed, owner, query.document).retrieved : 0),
    validation: (query) => example(query, withRetrieval ? piecesShown(task, true) : 0),
    retrieved: (query) => search(query, piecesShown(task, true)),
    withoutVoice: (query) => search(query, piecesShown(task, false)),
  }
}
