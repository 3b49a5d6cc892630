/** The methods of the table: what each puts into the prompt and lays over the base, as its name says. Data and names only. */
import { IdiolectError } from '../errors.ts'
import type { TaskName } from '../examples/types.ts'

/** `own`: the user's adapter; `other`: the mean over other users' adapters; `cope`: own against the model without it. */
export type MethodVoice = 'none' | 'own' | 'other' | 'cope'

/** Baselines without a model (see `baselines.ts`), and what each can answer. */
export const BASELINES = ['majority', 'frequencies', 'nearest', 'tfidf', 'bayes'] as const
export type BaselineName = (typeof BASELINES)[number]

export interface Method {
  /** Canonical: parts joined by `+` in the order task, profile, retrieval, voice; `base` where there is none. */
  name: string
  /** As it was asked for, where the words stood in another order. */
  asked: string
  /** Lays the task adapter over the base. */
  task: boolean
  voice: MethodVoice
  /** Pieces of history before the query; 0: none. */
  retrieved: number
  /** How they are found: BM25 as in the paper, or the product's search. */
  how: 'bm25' | 'hybrid'
  profile: boolean
  /** Set for a method that asks no model; then all else is off. */
  baseline: BaselineName | null
}

const PROMPTS = [
  '',
  'retrieval',
  'retrieval-2',
  'retrieval-4',
  'profile',
  'profile+retrieval',
  'task',
  'task+retrieval',
]

/** The whole table: each prompt without and with the user's adapter, then the controls and contrastive decoding. */
export const METHODS_TABLE: readonly string[] = [
  ...PROMPTS.map((name) => name || 'base'),
  ...PROMPTS.map((name) => (name === '' ? 'voice' : `${name}+voice`)),
  'other',
  'task+other',
  'task+retrieval+other',
  'cope',
  'task+cope',
  'task+retrieval+cope',
]

/** Those that can answer a task. */
export const BASELINES_BY_TASK: Record<TaskName, readonly BaselineName[]> = {
  headline: [],
  tag: ['majority', 'frequencies', 'nearest'],
  rate: ['majority', 'frequencies', 'nearest', 'tfidf'],
  prose: ['bayes'],
}

/** What runs when nothing is asked for, by the names that these had first. */
export const FIRST_METHODS: readonly string[] = ['base', 'retrieval', 'voice', 'voice+retrieval', 'other']

/** Pieces before a query at most: more do not fit beside an article. */
const MOST_RETRIEVED = 16

const VOICES: Record<string, MethodVoice> = { voice: 'own', other: 'other', cope: 'cope' }

/**
 * Reads a name: `base`, a baseline, or parts in any order, of task, profile, retrieval[-k] or hybrid[-k], and one of
 * voice, other and cope. Error `UnknownMethod` naming the part and the parts there are.
 */
export function parseMethod(asked: string): Method {
  const name = asked.trim()
  const method: Method = {
    name,
    asked: name,
    task: false,
    voice: 'none',
    retrieved: 0,
    how: 'bm25',
    profile: false,
    baseline: null,
  }
  if (name === 'base') return method
  const baseline = BASELINES.find((known) => known === name)
  if (baseline) return { ...method, baseline }
  for (const part of name.split('+')) {
    const twice = (set: boolean): void => {
      if (set) throw unknown(`The method "${name}" names more than one "${part}" or what stands in its place`)
    }
    const retrieval = /^(retrieval|hybrid)(?:-(\d+))?$/.exec(part)
    const voice = VOICES[part]
    if (part === 'task') {
      twice(method.task)
      method.task = true
    } else if (part === 'profile') {
      twice(method.profile)
      method.profile = true
    } else if (voice) {
      twice(method.voice !== 'none')
      method.voice = voice
    } else if (retrieval) {
      twice(method.retrieved > 0)
      method.retrieved = Number(retrieval[2] ?? 1)
      method.how = retrieval[1] === 'hybrid' ? 'hybrid' : 'bm25'
      if (method.retrieved < 1 || method.retrieved > MOST_RETRIEVED) {
        throw unknown(
          `"${part}" of the method "${name}" retrieves ${method.retrieved} pieces, 1 to ${MOST_RETRIEVED} can be`,
        )
      }
    } else throw unknown(`There is no method "${name}"${part === name ? '' : `, for it has the part "${part}"`}`)
  }
  return { ...method, name: canonicalName(method) }
}

/** Each once, in the order asked; `table` stands for all of METHODS_TABLE and the task's baselines. */
export function parseMethods(names: readonly string[], task: TaskName): Method[] {
  const found = new Map<string, Method>()
  const table = [...METHODS_TABLE, ...BASELINES_BY_TASK[task]]
  for (const name of names.flatMap((one) => (one.trim() === 'table' ? table : [one]))) {
    const method = parseMethod(name)
    if (!found.has(method.name)) found.set(method.name, method)
  }
  return [...found.values()]
}

/** The part of the prompt alone: `profile+retrieval-2`, empty for the plain prompt. */
export function promptName({ profile, retrieved, how }: Pick<Method, 'profile' | 'retrieved' | 'how'>): string {
  const search = how === 'hybrid' ? 'hybrid' : 'retrieval'
  const retrieval = retrieved === 0 ? null : retrieved === 1 ? search : `${search}-${retrieved}`
  return [profile ? 'profile' : null, retrieval].filter((part) => part !== null).join('+')
}

/** The same method with another voice over it: what a voice is compared with. */
export function withVoice(method: Method, voice: MethodVoice): string {
  return canonicalName({ ...method, voice })
}

function canonicalName(method: Method): string {
  const voice = Object.entries(VOICES).find(([, known]) => known === method.voice)?.[0]
  return [method.task ? 'task' : '', promptName(method), voice ?? ''].filter(Boolean).join('+') || 'base'
}

function unknown(message: string): IdiolectError {
  return new IdiolectError(
    'UnknownMethod',
    message,
    `Choose from base, ${BASELINES.join(', ')}, or join with + some of task, profile, retrieval (retrieval-2, hybrid, ` +
      'hybrid-2, ...) and one of voice, other, cope; "table" is the whole table.',
  )
}
