/**
 * What the quality bench trains on and is judged by: three users of headlines (the small protocol) and two prose
 * authors, as token ids of the base's own tokenizer. Both engines get the very same ids.
 */

import { DEFAULT_PROMPT } from '../../main/examples/defaults.ts'
import { createPromptBuilder } from '../../main/examples/prompt.ts'
import type { Tokenizer } from '../../main/inference/types.ts'
import { lampHistory, lampQueries } from '../../main/lamp/examples.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import type { TokenExample } from '../../main/trainer/types.ts'

export const HEADLINE_USERS = ['nullprogram:skeeto', 'digitalgov:bbrantley', 'ropensci:maelle-salmon']
export const PROSE_AUTHORS = ['prose:austen', 'prose:twain']

/** Newest passages of an author that train, queries that judge. */
const PROSE_PASSAGES = 150
const QUERIES = { headline: 30, prose: 20 }

export interface Person {
  id: string
  /** The bench's people write headlines or prose. */
  task: 'headline' | 'prose'
  train: TokenExample[]
  heldOut: TokenExample[]
  /** Epochs that the reference trains: two for headlines, one for prose. */
  epochs: number
}

/** @throws Error when a file lacks one of the people */
export function loadPeople(tokenizer: Tokenizer, files: { headline: string; prose: string }): Person[] {
  return [...people(tokenizer, files.headline, HEADLINE_USERS), ...people(tokenizer, files.prose, PROSE_AUTHORS)]
}

function people(tokenizer: Tokenizer, file: string, ids: readonly string[]): Person[] {
  const { users } = readLampFile(file)
  return ids.map((id) => {
    const user = users.find((one) => one.id === id)
    if (!user) throw new Error(`${file} has no user ${id}`)
    return personOf(tokenizer, user)
  })
}

export function personOf(tokenizer: Tokenizer, user: LampUser): Person {
  const builder = createPromptBuilder(tokenizer)
  const history = lampHistory(user)
  const task = user.task === 'prose' ? 'prose' : 'headline'
  const trained = task === 'prose' ? history.slice(-PROSE_PASSAGES) : history
  return {
    id: user.id,
    task,
    train: trained.map((query) => builder.example(query, [], DEFAULT_PROMPT[task])),
    heldOut: lampQueries(user, QUERIES[task]).map((query) => builder.example(query, [], DEFAULT_PROMPT[task])),
    epochs: task === 'prose' ? 1 : 2,
  }
}
