/**
 * History formats (OPPU, arXiv 2402.04401): what a voice learns from. Whole pairs; inputs alone, read as text; answers
 * alone, asked for without an input; and pairs whose answers have changed places, which leave the hand and break the bond.
 * Not in the paper: what the answers of older items, without their inputs, add to the newest pairs.
 */
import type { BuildExample, PromptOptions, TaskQuery } from '../../examples/types.ts'
import type { Tokenizer } from '../../inference/types.ts'
import { seeded, shuffle } from '../../random.ts'
import type { TokenExample } from '../../trainer/types.ts'
import { lampHistory } from '../examples.ts'
import type { LampUser } from '../types.ts'
import { compareWithChosen, type Measured, measuredAt, runReference, type Study, type StudyContext } from './study.ts'

export const FORMATS = ['pairs', 'inputs', 'outputs', 'shuffled', 'newest', 'older'] as const
export type Format = (typeof FORMATS)[number]

/** The paper's. */
const USUAL: readonly Format[] = ['pairs', 'inputs', 'outputs', 'shuffled']
/** Pairs of `newest` and `older` where nobody says how many. */
export const NEWEST = 40

export interface FormatsOptions {
  formats?: readonly Format[]
  /** Pairs of `newest` and `older`. */
  newest?: number
  tokenizer: Pick<Tokenizer, 'tokenize' | 'endToken' | 'beginToken'>
  builder: { example: BuildExample }
  /** Cuts of prompts, without retrieval: pairs of all formats are trained on as plain prompts. */
  prompt: PromptOptions
}

const named = (newest: number): Record<Format, string> => ({
  pairs: 'pairs',
  inputs: 'inputs only',
  outputs: 'outputs only',
  shuffled: 'shuffled pairs',
  newest: `newest ${newest} pairs`,
  older: `newest ${newest} pairs, older outputs`,
})

export async function formatsStudy(
  context: StudyContext,
  { formats = USUAL, newest = NEWEST, ...options }: FormatsOptions,
): Promise<Study> {
  const names = named(newest)
  const { methods, against, run, seed } = context
  const reference = await runReference(context)
  const measured: Measured[] = []
  for (const format of formats) {
    const scores = await run({
      name: format === 'newest' || format === 'older' ? `${format} ${newest}` : format,
      methods,
      examples: (user) => formatted(user, format, { ...options, newest, seed }),
    })
    measured.push(...measuredAt(context, names[format], scores, reference))
  }
  return {
    name: 'formats',
    question: 'What does a voice learn from: pairs, texts, answers?',
    axis: 'what the voice was trained on',
    places: formats.map((format) => names[format]),
    joined: false,
    chosen: formats.includes('pairs') ? names.pairs : null,
    against,
    measure: context.measure,
    rows: compareWithChosen(context, measured, names.pairs),
    notes: [],
  }
}

/** One example an item, in the history's order, whatever the format; of `newest` those alone. */
export function formatted(
  user: LampUser,
  format: Format,
  { tokenizer, builder, prompt, newest = NEWEST, seed }: Omit<FormatsOptions, 'formats'> & { seed: number },
): TokenExample[] {
  const history = lampHistory(user)
  const pair = (query: TaskQuery): TokenExample => builder.example(query, [], prompt)
  const output = (query: TaskQuery): TokenExample => pair({ ...query, input: '' })
  const older = Math.max(0, history.length - newest)
  switch (format) {
    case 'pairs':
      return history.map(pair)
    case 'outputs':
      return history.map(output)
    case 'newest':
      return history.slice(older).map(pair)
    case 'older':
      return [...history.slice(0, older).map(output), ...history.slice(older).map(pair)]
    case 'inputs':
      return history.flatMap(({ input, task }) => {
        const example = asText(input, task === 'prose' ? 'last' : 'first', tokenizer, prompt)
        return example ? [example] : []
      })
    case 'shuffled': {
      const others = derangement(history.length, `shuffled/${seed}/${user.id}`)
      return history.map((query, i) => {
        const { answer, title } = history[others[i] as number] ?? query
        return pair({ ...query, answer, title })
      })
    }
  }
}

/** The input as text to go on with: every token but the first is learnt. Null for one of a single token. */
function asText(
  input: string,
  keep: 'first' | 'last',
  { tokenize, beginToken, endToken }: FormatsOptions['tokenizer'],
  { maxInput, maxTokens = Number.POSITIVE_INFINITY }: PromptOptions,
): TokenExample | null {
  const most = Math.min(maxInput, maxTokens - 2)
  const ids = tokenize(input)
  const cut = keep === 'first' ? ids.subarray(0, most) : ids.subarray(Math.max(0, ids.length - most))
  // The end is learnt only where the text ends: of a cut one, stopping there would be an untruth.
  const ends = cut.length === ids.length || keep === 'last'
  const tokens = Int32Array.from([...(beginToken == null ? [] : [beginToken]), ...cut, ...(ends ? [endToken] : [])])
  return tokens.length < 2 ? null : { tokens, answerFrom: 1 }
}

/** A permutation that leaves nothing in its place: one cycle through a random order. Of a single one: itself. */
export function derangement(count: number, seed: string): number[] {
  const order = shuffle(
    Array.from({ length: count }, (_, i) => i),
    seeded(seed),
  )
  const others = new Array<number>(count).fill(0)
  order.forEach((from, i) => {
    others[from] = order[(i + 1) % count] as number
  })
  return others
}
