/**
 * The profile's surface: what is known of the owner as an author, task by task; written by the base or counted, read and
 * edited by the owner, and shown in prompts where profiles are on. Kept among the settings, a value a task.
 */
import type { Handlers, Profile, TrainingTask } from '../../../preload/contract.ts'
import { writeProfile } from '../../assistant/profile.ts'
import { IdiolectError } from '../../errors.ts'
import { PROFILE_BY } from '../../examples/defaults.ts'
import { queriesOf } from '../../examples/queries.ts'
import { scaleOf } from '../../examples/rate.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { TaskQuery } from '../../examples/types.ts'
import type { Base } from '../../inference/types.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { splitLibrary } from '../training/run-split.ts'

type ProfileCalls = Extract<keyof Handlers, `profile.${string}`>

/** Characters of the owner's own text; prompts show some 96 tokens of it. */
const LONGEST = 2000
const SEED = 1
const OF: Record<TrainingTask, string> = { headline: 'headlines', tag: 'tags', rate: 'ratings', prose: 'prose' }

const keyOf = (task: TrainingTask): string => `profile.${task}`

/** The profile kept for a task, or null. */
export function readProfile({ settings }: Pick<Store, 'settings'>, task: TrainingTask): Profile | null {
  return settings.get<Profile>(keyOf(task))
}

/**
 * What a prompt of this task shows of the owner; null where profiles are off, or on by the settings alone and none is
 * written. Chat and drafts by instruction go by `prose`.
 * @param wanted the call's own choice, before the settings'
 * Errors: IdiolectError `NoProfile` when one was asked for in so many words and there is none.
 */
export function profileFor(
  context: Pick<AppContext, 'store'>,
  task: TrainingTask,
  wanted: boolean | undefined,
): string | null {
  if (!(wanted ?? readSettings(context).profile)) return null
  const profile = readProfile(context.store, task)
  if (profile === null && wanted === true) {
    throw new IdiolectError(
      'NoProfile',
      `there is no profile for ${OF[task]} yet`,
      `Write it under Voice, or with \`idiolect profile --task ${task} --write\`.`,
    )
  }
  return profile?.text ?? null
}

/** What a profile may be written from: the part that training learns from, never what is held out to prove on. */
function learned(store: Store, task: TrainingTask): TaskQuery[] {
  const { training } = splitLibrary(store)
  return queriesOf(task, training, scaleOf(training.map(({ rating }) => rating))).queries
}

interface Writing {
  by?: 'model' | 'counts'
  seed?: number
  signal?: AbortSignal
  onText?: (index: number, text: string) => void
}

/** Writes a profile and gives it, without keeping it. Errors: IdiolectError `NothingToProfile`. */
async function written(
  store: Store,
  base: Base,
  baseId: string,
  task: TrainingTask,
  options: Writing,
): Promise<Profile> {
  const entries = learned(store, task)
  if (entries.length === 0) {
    throw new IdiolectError(
      'NothingToProfile',
      `no piece to learn from has what a profile of ${OF[task]} is made of`,
      'Import more of your writing.',
    )
  }
  const { text, sample, by } = await writeProfile({ base, task, history: entries, seed: SEED, ...options })
  return { task, text, by, at: new Date().toISOString(), base: by === 'model' ? baseId : null, pieces: sample }
}

/**
 * Was it written from a piece that a training now would hold out, or whose text it would? So it is when older pieces, or
 * others under the same text, were imported since.
 */
function knowsHeldOut(store: Store, { pieces }: Profile): boolean {
  const { training, library } = splitLibrary(store)
  const learnable = new Set(training.map(({ id }) => id))
  const mine = new Set(library)
  return pieces.some((id) => mine.has(id) && !learnable.has(id))
}

/**
 * The profiles that a run trains, validates and proves with, task by task; empty where profiles are off. One that is
 * missing, or that knows what this run holds out, is written anew and kept. An edited one is not touched.
 * @param base without `writing` nothing is written or kept, and counts stand in: for a forecast
 * Errors: IdiolectError `ProfileTooNew` for an edited one that knows what is held out.
 */
export async function trainingProfiles(
  context: AppContext,
  tasks: readonly TrainingTask[],
  wanted: boolean | undefined,
  base: { base: Base; id: string; writing: boolean; signal?: AbortSignal },
): Promise<Partial<Record<TrainingTask, string>>> {
  const { store } = context
  if (!(wanted ?? readSettings(context).profile)) return {}
  const profiles: Partial<Record<TrainingTask, string>> = {}
  for (const task of tasks) {
    const text = await profileOf(task)
    if (text !== null) profiles[task] = text
  }
  return profiles

  async function profileOf(task: TrainingTask): Promise<string | null> {
    const kept = readProfile(store, task)
    if (kept && !knowsHeldOut(store, kept)) return kept.text
    if (kept?.by === 'owner') {
      throw new IdiolectError(
        'ProfileTooNew',
        `your profile for ${OF[task]} was written from pieces that this run keeps for the proof`,
        `Write it anew: \`idiolect profile --task ${task} --write --replace\`.`,
      )
    }
    // Too few pieces of a kind are the run's to complain of.
    if (learned(store, task).length === 0) return null
    const by = base.writing ? (kept?.by ?? PROFILE_BY) : 'counts'
    const profile = await written(store, base.base, base.id, task, { by, signal: base.signal })
    if (!base.writing) return profile.text
    const now = readProfile(store, task)
    // The owner edited it while it was written: that is what prompts will show, so it decides.
    if (now?.by === 'owner' && now.at !== kept?.at) return profileOf(task)
    store.settings.set(keyOf(task), profile)
    return profile.text
  }
}

export function profileHandlers(context: AppContext): Pick<Handlers, ProfileCalls> {
  const { store, bases, events, requests } = context
  return {
    async 'profile.get'({ task }) {
      checkTask(task)
      return readProfile(store, task)
    },
    'profile.write': ({ request, task, by = PROFILE_BY, seed, replace = false }) =>
      requests.run(request, async (signal) => {
        checkTask(task)
        if (by !== 'model' && by !== 'counts')
          throw new IdiolectError('BadOption', `a profile is written by model or counts, not ${String(by)}`, null)
        const before = readProfile(store, task)
        if (before?.by === 'owner' && !replace) throw ownProfile(task)
        const profile = await bases.withBase(
          (base) =>
            written(store, base, bases.baseModel().id, task, {
              by,
              signal,
              onText: (index, text) => events.emit('stream', { request, index, text }),
              ...(seed === undefined ? {} : { seed }),
            }),
          signal,
        )
        const now = readProfile(store, task)
        // The owner may have edited it while the base wrote: nobody asked for that edit to go.
        if (now?.by === 'owner' && now.at !== before?.at) throw ownProfile(task)
        store.settings.set(keyOf(task), profile)
        return profile
      }),
    async 'profile.set'({ task, text }) {
      checkTask(task)
      const own = text.replace(/\s+/g, ' ').trim()
      const before = readProfile(store, task)
      if (own === '') {
        store.settings.remove(keyOf(task))
        return null
      }
      if (own === before?.text) return before
      if (own.length > LONGEST) {
        throw new IdiolectError(
          'ProfileTooLong',
          `the profile has ${own.length} characters, and at most ${LONGEST} are kept`,
          'Shorten it: prompts show only its first sentences.',
        )
      }
      const pieces = before?.pieces ?? []
      const profile: Profile = { task, text: own, by: 'owner', at: new Date().toISOString(), base: null, pieces }
      store.settings.set(keyOf(task), profile)
      return profile
    },
  }
}

function checkTask(task: TrainingTask): void {
  if (TASK_NAMES.includes(task)) return
  throw new IdiolectError('BadOption', `${JSON.stringify(task)} is no task`, `Tasks are ${TASK_NAMES.join(', ')}.`)
}

function ownProfile(task: TrainingTask): IdiolectError {
  return new IdiolectError(
    'OwnProfile',
    `the profile for ${OF[task]} is in your own words`,
    'Ask for it to be replaced (--replace), or keep it.',
  )
}
