/** A voice's held-out pieces, and texts written for them by base and voice: as in use, but without retrieval. */
import type { Said, TrainingTask } from '../../../preload/contract.ts'
import { continueDraft } from '../../assistant/draft.ts'
import { writeHeadlines } from '../../assistant/headline.ts'
import { IdiolectError } from '../../errors.ts'
import { createPromptBuilder } from '../../examples/prompt.ts'
import { tasksOnScale } from '../../examples/rate.ts'
import type { TaskQuery } from '../../examples/types.ts'
import { afterWords, countWords } from '../../examples/words.ts'
import type { Base, Voices } from '../../inference/types.ts'
import { english, say } from '../../said.ts'
import { readPlan } from '../../trainer/run-folder.ts'
import type { AppContext } from '../context.ts'
import { readProofQueries } from '../training/run-plan.ts'
import type { Card } from '../voices/card.ts'
import { unknownVoice } from '../voices/voices.ts'

export interface HeldOut {
  /** Headlines and prose of the pieces that the voice was proved on; oldest first. */
  queries: TaskQuery[]
  seed: number
  /** One text for a query; null where nothing came out. The same seed writes the same text. */
  write(base: Base, query: TaskQuery, voice: Voices | null, signal: AbortSignal): Promise<string | null>
}

/** Tokens of a continuation: two or three sentences, enough to hear a voice by. */
const MOST_TOKENS = 72

/** Why a voice has no held-out pieces of its owner, in words, or null. Errors: IdiolectError `UnknownVoice`. */
export function whyNoHeldOut(context: AppContext, voice: string): Said | null {
  const found = context.store.voices.get<Card>(voice)
  if (!found) throw unknownVoice(context, voice)
  if (found.card.mix) return say('voice.mixUnseen')
  const { run } = found.card
  if (run === null) return say('voice.foreignUnseen')
  return context.store.runs.get(run) ? null : say('voice.runGone')
}

/** Errors: IdiolectError `UnknownVoice`, `NoHeldOut`. */
export function heldOutOf(context: AppContext, voice: string): HeldOut {
  const why = whyNoHeldOut(context, voice)
  const run = context.store.voices.get<Card>(voice)?.card.run ?? ''
  const folder = context.store.runs.get(run)?.folder
  if (why !== null || folder === undefined)
    throw new IdiolectError(
      'NoHeldOut',
      `this voice can't be tried on unseen pieces: ${why ? english(why) : 'its run is not kept any more'}`,
      'Train a voice of your own.',
    )
  const { about, settings } = readPlan(folder)
  const scale = Array.isArray(about.scale) ? (about.scale as number[]) : []
  const profiles = (about.profiles ?? {}) as Partial<Record<TrainingTask, string>>
  const { seed } = settings
  return {
    queries: readProofQueries(folder)
      .map(({ query }) => query)
      .filter(({ task }) => task === 'headline' || task === 'prose'),
    seed,
    async write(base, { task, input }, voice, signal) {
      const builder = createPromptBuilder(base, tasksOnScale({ scores: scale }))
      const prompt = { profile: profiles[task] ?? null }
      const common = { base, builder, retrieved: [], voice, seed, prompt, signal }
      if (task === 'headline') return (await writeHeadlines({ ...common, text: input, count: 1 }))[0]?.text ?? null
      const written = await continueDraft({ ...common, opening: input, maxTokens: MOST_TOKENS })
      signal.throwIfAborted()
      return whole(written.text, written.finish === 'length') || null
    },
  }
}

/** Without the sentence that was broken off, where a whole one stands before it. */
function whole(text: string, broken: boolean): string {
  const clean = text.trim()
  if (!broken) return clean
  const end = Math.max(...['. ', '! ', '? ', '.\n', '.” ', '。', '！', '？'].map((mark) => clean.lastIndexOf(mark)))
  return end > clean.length / 3 ? clean.slice(0, end + 1) : `${clean} …`
}

/** As many words of the owner's own text as `like` has, so that its length gives nobody away. */
export function ownLike(own: string, like: string): string {
  const text = own.trim()
  const most = Math.max(8, countWords(like))
  if (countWords(text) <= most) return text
  const cut = text
    .slice(0, afterWords(text, 0, most))
    .replace(/\s+/g, ' ')
    .trim()
  return whole(cut, true)
}
