/**
 * The users' profiles in a run, written when first needed from the history alone, and kept in the user's folder, a file
 * for each history that the user had: a task adapter is taught by whole histories, a study may cut those of the asked.
 */
import path from 'node:path'
import { z } from 'zod'
import { writeProfile } from '../assistant/profile.ts'
import type { ProfileInstruction } from '../assistant/profile-words.ts'
import { makeFolder, writeJson } from '../atomic.ts'
import { hashOf } from '../hash.ts'
import type { Base } from '../inference/types.ts'
import { lampHistory } from './examples.ts'
import { readJson, userFolder } from './folder.ts'
import type { LampRunOptions } from './options.ts'
import type { LampTask } from './tasks.ts'
import type { LampUser } from './types.ts'

const shape = z.object({
  plan: z.string(),
  text: z.string(),
  /** Ids of the entries that it was written from. */
  sample: z.array(z.string()),
  by: z.enum(['model', 'counts']),
})

export interface Profiles {
  /** Null in a run without profiles, and for a history that says nothing. */
  of(user: LampUser): Promise<string | null>
}

/** Held-out queries are never part of it: a profile is written from `lampHistory`. */
export function createProfiles(
  options: LampRunOptions,
  { seed, baseSha256, base }: { seed: number; baseSha256: string; base: () => Promise<Base> },
): Profiles {
  const by = options.profiles === undefined ? 'counts' : options.profiles
  const { benchmark } = options.file
  const instruction = by === 'model' && benchmark ? lampProfile(benchmark) : null
  /** By plan: a user whose history was cut is another one to a profile. */
  const known = new Map<string, string | null>()
  return {
    async of(user) {
      if (by === null) return null
      const history = lampHistory(user).map(({ document, input, answer }) =>
        // Bare titles stand in for papers with references: they are titles to a profile, and no references.
        instruction && input === '' && benchmark?.history.bareAnswer
          ? { document, input: answer, answer: '' }
          : { document, input, answer },
      )
      const asked = instruction ? [JSON.stringify(instruction)] : []
      const plan = hashOf(['profile 1', by, seed, by === 'model' ? baseSha256 : '', JSON.stringify(history), ...asked])
      const before = known.get(plan)
      if (before !== undefined) return before
      const folder = userFolder(options.out, user.id)
      const file = path.join(folder, `profile-${plan.slice(0, 12)}.json`)
      const kept = readJson(file, shape)
      let text = kept?.plan === plan ? kept.text : null
      if (text === null) {
        const { signal } = options
        const how = { seed, by, signal, ...(instruction ? { instruction } : {}) }
        const written = await writeProfile({ base: await base(), task: user.task, history, ...how })
        text = written.text
        makeFolder(folder)
        writeJson(file, { plan, ...written })
      }
      known.set(plan, text || null)
      return text || null
    },
  }
}

/** Tokens of an entry's parts that a profile is written from: OPPU's 200 of each would fill a small base's context. */
const PROFILE_TOKENS = { input: 64, text: 40, label: 16 } as const

/** The benchmark's own question for a profile, about entries labelled as in its prompts. */
export function lampProfile({ profile, history, labels, words }: LampTask): ProfileInstruction {
  return {
    ask: profile.ask,
    opening: profile.begins,
    input: history.text === null ? 0 : PROFILE_TOKENS.input,
    answer: labels ? PROFILE_TOKENS.label : PROFILE_TOKENS.text,
    labels: [words.input, words.answer],
    ...(profile.form ? { form: true } : {}),
  }
}
