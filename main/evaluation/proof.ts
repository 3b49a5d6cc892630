/**
 * The evaluation room: is a voice any good, by numbers. The proof of a run on the owner's newest pieces is here; beside
 * it stand the metrics, the intervals, the control and the runs over LaMP-shaped files.
 *
 * It knows token ids, likelihoods and pieces. It does not know how voices are trained, how text is retrieved, where
 * the library lies, or who switches a voice on: those are handed in, and the verdict is handed back.
 */
import type { Proof, ProofItem, ProofScore, Said } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { roomBeside } from '../examples/labels.ts'
import type { BuildExample, PromptOptions, RetrievedPair, TaskName, TaskQuery } from '../examples/types.ts'
import type { Base, QueryScore, VoiceUse } from '../inference/types.ts'
import type { TokenExample } from '../trainer/types.ts'
import { type Asked, type Choices, choiceOf, scoreAnswers, tokensOf } from './answers.ts'
import { byTask } from './by-task.ts'
import { bootstrap, type Observation, paired } from './statistics.ts'
import { judge } from './verdict.ts'

export interface ProofOptions {
  base: Pick<Base, 'score' | 'rank' | 'tokenize' | 'endToken' | 'contextSize'>
  /** Ids of the base, the run and the voice, as the proof will name them. */
  baseId: string
  run: string
  voice: string
  /** From the proof pieces only: newer than all that trained the voice, and scored once per run. */
  queries: TaskQuery[]
  builder: { example: BuildExample }
  /** What tags and scores are chosen from, known before the proof pieces were; see `choiceOf`. None: all is written. */
  choices?: Choices
  /** Cuts of the prompt, as in training. */
  prompt: PromptOptions
  voiceFile: string
  /** The control: another author's voice, or one trained on shuffled answers. */
  otherFile: string
  /** The task adapter that the voice was trained over: laid under it, and scored by itself too; null or absent: none. */
  taskFile?: string | null
  /**
   * Task adapters that answer in a voice's place, by task: where the voice lies over none, what is had without it. Tasks that
   * have none are had from the base.
   */
  standIns?: Partial<Record<TaskName, { file: string }>>
  /** The one that the control was trained over. */
  otherTaskFile?: string | null
  /** Whose voice the control is, in words that fit "it beats ...": `the voice of Jane Doe`. */
  otherIs: string
  otherSaid?: Said
  /** Earlier pieces of the training side, best first; a piece of the proof among them is refused. */
  retrieve: (query: TaskQuery) => RetrievedPair[] | Promise<RetrievedPair[]>
  /** Those that are shown where no voice speaks, since what a voice must beat is what is had without it; as `retrieve` when absent. */
  retrieveWithoutVoice?: ProofOptions['retrieve']
  /** Of the bootstrap. */
  seed: number
  /** 0..1, rising. */
  onProgress?: (share: number) => void
  signal?: AbortSignal
}

/** The six ways each query is scored; two more where there is a task adapter. */
const ARMS = ['base', 'voice', 'other', 'baseWithRetrieval', 'voiceWithRetrieval', 'otherWithRetrieval'] as const
const TASK_ARMS = ['task', 'taskWithRetrieval'] as const
type Arm = (typeof ARMS)[number] | (typeof TASK_ARMS)[number]

/**
 * Scores every query under the base, the voice and the control, each without and with retrieval, by the runtime that
 * will use the voice, and judges it. NLL is in nats per answer token, the end token counted; an answer that is chosen
 * (`choices`) counts as one token, by its share. Intervals are 95% over pieces.
 * Errors: `NothingToProve` without queries, `BadScore` when a likelihood is not a number; a proof piece among the
 * retrieved is a fault of the program and throws a plain error. An abort rejects
 * with the signal's reason.
 */
export async function runProof(options: ProofOptions): Promise<Proof> {
  const { base, queries, seed, signal } = options
  if (queries.length === 0) {
    throw new IdiolectError(
      'NothingToProve',
      'There is no held-out piece to prove the voice on',
      'Import more writing.',
    )
  }
  const examples = await buildExamples(options)
  const { taskFile = null, otherTaskFile = null } = options
  /** What answers each query without the voice; null: the base. */
  const instead = queries.map(({ task }) => taskFile ?? options.standIns?.[task]?.file ?? null)
  const without = instead.some((file) => file !== null)
  const arms: readonly Arm[] = without ? [...ARMS, ...TASK_ARMS] : ARMS
  const voices = {
    base: [],
    voice: laid(taskFile, options.voiceFile),
    other: laid(otherTaskFile, options.otherFile),
  }

  const scores = {} as Record<Arm, QueryScore[]>
  for (const [index, arm] of arms.entries()) {
    signal?.throwIfAborted()
    const withRetrieval = arm.endsWith('WithRetrieval')
    const voiced = arm.startsWith('voice') || arm.startsWith('other')
    const asked = withRetrieval ? (voiced ? examples.retrieved : examples.withoutVoice) : examples.plain
    const score = (some: Asked[], voice: VoiceUse[], before = 0): Promise<QueryScore[]> =>
      scoreAnswers(base, some, {
        voice: voice.length === 0 ? null : voice.length === 1 ? (voice[0] as VoiceUse) : voice,
        signal,
        onProgress: (done) => options.onProgress?.((index + (before + done) / queries.length) / arms.length),
      })
    scores[arm] = isTaskArm(arm)
      ? await scoreInstead(instead, asked, scores[withRetrieval ? 'baseWithRetrieval' : 'base'], score)
      : await score(asked, voices[arm.replace('WithRetrieval', '') as keyof typeof voices])
    signal?.throwIfAborted()
    checkScores(scores[arm], examples.plain, queries, arm)
    options.onProgress?.((index + 1) / arms.length)
  }

  const observed = {} as Record<Arm, Observation[]>
  for (const arm of arms) {
    observed[arm] = scores[arm].map((score, i) => {
      const { document } = queries[i] as TaskQuery
      return { sum: score.nll, tokens: score.tokens, cluster: document }
    })
  }
  const interval = (arm: Arm): ProofScore => {
    const { mean, low, high } = bootstrap({ observations: observed[arm], seed })
    return { nll: mean, low, high }
  }
  const gain = (worse: Arm, better: Arm) => bootstrap({ observations: paired(observed[worse], observed[better]), seed })

  const against = (worse: Arm, better: Arm) => ({ worse: observed[worse], better: observed[better] })
  const compared = {
    overBase: against('base', 'voice'),
    overBaseWithRetrieval: against('baseWithRetrieval', 'voiceWithRetrieval'),
    ...(without ? { overTaskWithRetrieval: against('taskWithRetrieval', 'voiceWithRetrieval') } : {}),
  }

  const facts = {
    queries: queries.length,
    pieces: new Set(queries.map((query) => query.document)).size,
    scores: {
      base: interval('base'),
      voice: interval('voice'),
      other: interval('other'),
      baseWithRetrieval: interval('baseWithRetrieval'),
      voiceWithRetrieval: interval('voiceWithRetrieval'),
      otherWithRetrieval: interval('otherWithRetrieval'),
      ...(without ? { task: interval('task'), taskWithRetrieval: interval('taskWithRetrieval') } : {}),
    },
    gain: {
      overBase: gain('base', 'voice'),
      overBaseWithRetrieval: gain('baseWithRetrieval', 'voiceWithRetrieval'),
      overOther: gain('other', 'voice'),
      ...(without
        ? {
            overTask: gain('task', 'voice'),
            overTaskWithRetrieval: gain('taskWithRetrieval', 'voiceWithRetrieval'),
          }
        : {}),
    },
    tasks: byTask(queries, compared, seed),
    otherIs: options.otherIs,
    ...(options.otherSaid ? { otherSaid: options.otherSaid } : {}),
  }
  return {
    run: options.run,
    voice: options.voice,
    base: options.baseId,
    computedAt: new Date().toISOString(),
    ...facts,
    ...judge(facts),
    items: queries.map((query, i) => item(query, i, scores, examples.plain[i] as Asked)),
  }
}

const isTaskArm = (arm: Arm): boolean => TASK_ARMS.some((one) => one === arm)

/** Scores of what answers without the voice: each query's file, and the base's own score where it has none. */
async function scoreInstead(
  files: readonly (string | null)[],
  examples: readonly Asked[],
  bare: readonly QueryScore[],
  score: (some: Asked[], voice: VoiceUse[], before: number) => Promise<QueryScore[]>,
): Promise<QueryScore[]> {
  const scores = [...bare]
  let before = 0
  for (const file of new Set(files.filter((one) => one !== null))) {
    const at = [...files.keys()].filter((i) => files[i] === file)
    const own = await score(
      at.map((i) => examples[i] as Asked),
      laid(file),
      before,
    )
    at.forEach((i, n) => {
      scores[i] = own[n] as QueryScore
    })
    before += at.length
  }
  return scores
}

function laid(...files: (string | null)[]): VoiceUse[] {
  return files.filter((file) => file !== null).map((file) => ({ file, scale: 1 }))
}

/** Each query by itself, with what is shown beside a voice, and with what is shown without one. */
async function buildExamples(
  options: ProofOptions,
): Promise<{ plain: Asked[]; retrieved: Asked[]; withoutVoice: Asked[] }> {
  const { base, queries, builder, choices = {} } = options
  const held = new Set(queries.map((query) => query.document))
  const plain: Asked[] = []
  const retrieved: Asked[] = []
  const withoutVoice: Asked[] = []
  const { retrieve, retrieveWithoutVoice = retrieve } = options
  for (const query of queries) {
    options.signal?.throwIfAborted()
    const pairs = await retrieve(query)
    const others = await retrieveWithoutVoice(query)
    const leak = [...pairs, ...others].find((pair) => held.has(pair.document))
    if (leak) throw new Error(`${leak.document} is kept for the proof and was retrieved for ${query.document}`)
    const choice = choiceOf(query, choices)
    const prompt = choice === null ? options.prompt : besideLabels(base, options.prompt, query.task, choice.labels)
    const built = [[], pairs, others].map((shown) => builder.example(query, shown, prompt))
    // A long prompt may have cost the answer its end: then all are scored on what all have.
    const length = Math.min(...built.map(answerLength))
    const parts = [plain, retrieved, withoutVoice]
    for (const [i, example] of built.entries()) parts[i]?.push({ example: cutAnswer(example, length), choice })
  }
  return { plain, retrieved, withoutVoice }
}

/** Prompts so short that the longest label fits, as in use. */
function besideLabels(
  base: ProofOptions['base'],
  prompt: PromptOptions,
  task: TaskName,
  labels: readonly string[],
): PromptOptions {
  const room = roomBeside(base, base.contextSize, task, labels)
  return { ...prompt, maxTokens: Math.min(prompt.maxTokens ?? room, room) }
}

function answerLength(example: TokenExample): number {
  return example.tokens.length - example.answerFrom
}

function cutAnswer({ tokens, answerFrom }: TokenExample, length: number): TokenExample {
  return { tokens: tokens.subarray(0, answerFrom + length), answerFrom }
}

/** Every arm must have scored the same answers: each query with the same supervised tokens, all finite. */
function checkScores(scores: QueryScore[], plain: Asked[], queries: TaskQuery[], arm: Arm): void {
  for (const [i, score] of scores.entries()) {
    const { title } = queries[i] as TaskQuery
    const wanted = tokensOf(plain[i] as Asked)
    if (score.tokens !== wanted) {
      throw new Error(`${arm}: "${title}" has ${wanted} answer tokens, and ${score.tokens} were scored`)
    }
    if (!Number.isFinite(score.nll)) {
      throw new IdiolectError(
        'BadScore',
        `The likelihood of "${title}" under ${arm} is ${score.nll}, not a number`,
        'Train the voice again with a lower learning rate, or another base model.',
      )
    }
  }
}

function item(query: TaskQuery, index: number, scores: Record<Arm, QueryScore[]>, { choice }: Asked): ProofItem {
  const perToken = (arm: Arm): number => {
    const score = scores[arm][index] as QueryScore
    return score.nll / score.tokens
  }
  return {
    document: query.document,
    title: query.title,
    date: query.date || null,
    task: query.task,
    tokens: (scores.base[index] as QueryScore).tokens,
    ...(choice === null ? {} : { choices: choice.labels.length }),
    base: perToken('base'),
    voice: perToken('voice'),
    other: perToken('other'),
    baseWithRetrieval: perToken('baseWithRetrieval'),
    voiceWithRetrieval: perToken('voiceWithRetrieval'),
    otherWithRetrieval: perToken('otherWithRetrieval'),
  }
}
