/**
 * From other people's writing to the run of a task adapter (OPPU's first stage): examples of each task, author by author,
 * none of them the owner's. Knows prompts and queries, not how a run is started.
 */
import type { TaskTrainOptions, TrainingTask } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { DEFAULT_PROMPT, defaultSettings } from '../../examples/defaults.ts'
import { createPromptBuilder } from '../../examples/prompt.ts'
import { queriesOf } from '../../examples/queries.ts'
import { scaleOf, tasksOnScale } from '../../examples/rate.ts'
import { spread } from '../../examples/spread.ts'
import type { TaskQuery } from '../../examples/types.ts'
import type { Base } from '../../inference/types.ts'
import type { TokenExample, TrainSettings } from '../../trainer/types.ts'
import { givenSettings } from './given-settings.ts'
import { createRunExamples } from './run-examples.ts'
import type { AuthorTexts } from './task-texts.ts'

/** Examples of a task at most, shared out evenly among the authors; one of prose is as long as ten headlines. */
const MOST: Record<TrainingTask, number> = { headline: 600, tag: 600, rate: 600, prose: 150 }
/** Each author's newest pieces choose the settings and train nothing. */
const VALIDATION_SHARE = 0.1
const LEAST_LABELS = 12
const LEAST_EXAMPLES = 8

/** What a task adapter's file says of itself: `extra.taskAdapter`. */
export interface TaskCard {
  tasks: TrainingTask[]
  /** From whose texts. */
  texts: { author: string; licence: string; pieces: number }[]
  /** First 16 hex digits of each piece's file, so that a library that has one of them is known to have been seen. */
  hashes: string[]
  examples: number
  settings: Pick<TrainSettings, 'lr' | 'epochs' | 'batch' | 'dropout' | 'seed'>
}

export interface PreparedTask {
  settings: TrainSettings
  train: TokenExample[]
  validation: TokenExample[]
  trainTasks: TrainingTask[]
  card: TaskCard
  /** What was left out, in words; or null. */
  note: string | null
}

export const hashOf = (hash: string): string => hash.slice(0, 16)

/** What a voice has and a task adapter has not: it is a LoRA over the base itself. */
const FOREIGN = ['kind', 'virtualTokens', 'from', 'profile', 'taskAdapter'] as const

/** Errors: IdiolectError `BadOption`. */
export function checkTaskOptions(options: TaskTrainOptions): void {
  const given = options as Record<string, unknown>
  const foreign = FOREIGN.find((name) => given[name] !== undefined && given[name] !== 'lora')
  if (foreign !== undefined)
    throw new IdiolectError('BadOption', `a task adapter is trained without ${foreign}`, 'Leave the option out.')
  const { texts = [] } = options
  if (!Array.isArray(texts) || texts.some((text) => typeof text?.path !== 'string'))
    throw new IdiolectError('BadOption', 'texts is no list of folders with their authors and licences', null)
}

/** Errors: IdiolectError `TooFewPieces`. */
export function prepareTask(
  authors: readonly AuthorTexts[],
  base: Base,
  options: TaskTrainOptions,
  threads: number,
): PreparedTask {
  const scale = scaleOf(authors.flatMap(({ pieces }) => pieces.map(({ rating }) => rating)))
  const builder = createPromptBuilder(base, tasksOnScale(scale))
  const limit = Math.min(options.maxTokens ?? 512, base.modelContext)
  const train: { task: TrainingTask; example: TokenExample }[] = []
  const validation: TokenExample[] = []
  for (const task of options.tasks ?? tasksIn(authors)) {
    const prompt = { ...DEFAULT_PROMPT[task], maxTokens: limit }
    for (const { author, pieces } of authors) {
      const cut = pieces.length - Math.floor(pieces.length * VALIDATION_SHARE)
      const most = Math.ceil(MOST[task] / authors.length)
      const queries = (part: typeof pieces): TaskQuery[] => queriesOf(task, part, scale).queries
      const earlier = queries(pieces.slice(0, cut))
      const examples = createRunExamples(task, earlier, { builder, prompt, seed: options.seed ?? 1, owner: author })
      for (const query of spread(earlier, most)) train.push({ task, example: examples.training(query) })
      for (const query of spread(queries(pieces.slice(cut)), 20)) validation.push(examples.validation(query))
    }
  }
  if (train.length < LEAST_EXAMPLES) throw tooFew(authors, train.length)
  const tokens = train.reduce((sum, { example }) => sum + example.tokens.length, 0)
  const settings = { ...defaultSettings({ examples: train.length, tokens, threads }), ...givenSettings(options) }
  const { lr, epochs, batch, dropout, seed } = settings
  const trainTasks = train.map(({ task }) => task)
  return {
    settings,
    train: train.map(({ example }) => example),
    validation,
    trainTasks,
    card: {
      tasks: [...new Set(trainTasks)],
      texts: authors
        .filter(({ pieces }) => pieces.length > 0)
        .map(({ author, licence, pieces }) => ({ author, licence, pieces: pieces.length })),
      hashes: authors.flatMap(({ hashes }) => hashes.map(hashOf)),
      examples: train.length,
      settings: { lr, epochs, batch, dropout, seed },
    },
    note: noteOf(authors),
  }
}

/** Headlines and prose always; tags and ratings where there are enough to learn from. */
function tasksIn(authors: readonly AuthorTexts[]): TrainingTask[] {
  const pieces = authors.flatMap((author) => author.pieces)
  const tagged = pieces.filter(({ tags }) => (tags?.length ?? 0) > 0).length
  const rated = pieces.filter(({ rating }) => rating !== null && rating !== undefined).length
  return [
    'headline',
    ...(tagged >= LEAST_LABELS ? (['tag'] as const) : []),
    ...(rated >= LEAST_LABELS ? (['rate'] as const) : []),
    'prose',
  ]
}

function noteOf(authors: readonly AuthorTexts[]): string | null {
  const own = authors.reduce((sum, author) => sum + author.own, 0)
  const leftOut = authors.reduce((sum, author) => sum + author.leftOut, 0)
  const notes = [
    ...(own > 0 ? [`${own} pieces stand in your library, and were left out`] : []),
    ...(leftOut > 0 ? [`${leftOut} files were left out: drafts, by other authors, or not readable`] : []),
  ]
  return notes.length === 0 ? null : notes.join('; ')
}

function tooFew(authors: readonly AuthorTexts[], examples: number): IdiolectError {
  const pieces = authors.reduce((sum, author) => sum + author.pieces.length, 0)
  const note = noteOf(authors)
  return new IdiolectError(
    'TooFewPieces',
    `${pieces} pieces by others gave ${examples} examples, and at least ${LEAST_EXAMPLES} are needed${note ? ` (${note})` : ''}`,
    'Add folders of other people’s writing with --from-folder, --author and --licence.',
  )
}
