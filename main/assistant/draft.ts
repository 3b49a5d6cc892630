/** Drafts: an opening gone on with by the prose prompt, the one that voices learn; an instruction by the chat's. */
import { DEFAULT_PROMPT } from '../examples/defaults.ts'
import type { PromptBuilder } from '../examples/prompt.ts'
import { proseInput } from '../examples/prose.ts'
import { TASKS } from '../examples/tasks.ts'
import type { PromptOptions, RetrievedPair } from '../examples/types.ts'
import type { Base, Contrast, Generated, Voices } from '../inference/types.ts'
import { lineStart } from './headline.ts'

export interface DraftRequest {
  base: Base
  builder: PromptBuilder
  opening: string
  retrieved: RetrievedPair[]
  voice?: Voices | null
  contrast?: Contrast
  maxTokens?: number
  temperature?: number
  seed?: number
  /** As in training. */
  prompt?: Partial<PromptOptions>
  signal?: AbortSignal
  onText?: (text: string) => void
}

const TRIES = 4
/** Where a small model begins the prompt's form anew, the draft is over. */
const STOPS = [TASKS.prose.instruction, TASKS.prose.input, TASKS.prose.answer].map((words) => `\n${words}`)

/** The continuation alone, as far as it was written: after the signal `finish` is `aborted`. Empty only after four tries. */
export async function continueDraft(request: DraftRequest): Promise<Generated> {
  const { base, maxTokens = 200, contrast } = request
  const prompt = request.builder.prompt({ task: 'prose', input: proseInput(request.opening) }, request.retrieved, {
    ...DEFAULT_PROMPT.prose,
    maxTokens: base.contextSize - Math.max(0, maxTokens - TASKS.prose.answerRoom),
    ...request.prompt,
  })
  const written = (seed: number | undefined): Promise<Generated> =>
    base.generate(prompt, {
      voice: request.voice ?? null,
      ...(contrast === undefined ? {} : { contrast }),
      maxTokens,
      temperature: request.temperature ?? 0.7,
      topP: 0.9,
      // Small models fall into loops in free text.
      repeatPenalty: 1.1,
      seed,
      stop: STOPS,
      onText: request.onText && lineStart(request.onText),
      signal: request.signal,
    })
  let draft = await written(request.seed)
  // A small model may end before it begins; the same seed tries the same ones again.
  for (let more = 1; more < TRIES && draft.finish !== 'aborted' && draft.text.trim() === ''; more++)
    draft = await written(request.seed === undefined ? undefined : request.seed + more)
  return draft
}
