/**
 * The recall test: what a task would be shown beside a text, why each piece was found, and the very prompt. By the same
 * search and the same builder as the task itself.
 */
import type { Handlers, RecallHit, RecallResult, RecallTask, TrainingTask } from '../../../preload/contract.ts'
import { chatPromptWithin } from '../../assistant/chat.ts'
import { IdiolectError } from '../../errors.ts'
import { DEFAULT_PROMPT } from '../../examples/defaults.ts'
import { proseInput } from '../../examples/prose.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { Base, Embedder } from '../../inference/types.ts'
import { excerptAround } from '../../retrieval/excerpt.ts'
import { type PieceHit, searchPassages } from '../../retrieval/search.ts'
import { PASSAGES } from '../chat/chat-answer.ts'
import type { AppContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { profileFor } from '../voices/profiles.ts'
import { voicesFor } from '../voices/voices.ts'
import { whyNoMeaning } from './library.ts'
import { pieceText, shownBeside } from './shown.ts'

/** Hits that the test lists. */
const LISTED = 10
/** Tokens that a chat keeps free for its answer. */
const ANSWER = 256
/** Words of a long piece that are looked for among its hits: all of them would mark everything. */
const MARKED_WORDS = 12

interface Recall {
  task: RecallTask
  text: string
  before?: string
  profile?: boolean
}

export function recallHandlers(context: AppContext): Pick<Handlers, 'library.recall'> {
  return {
    'library.recall': ({ request, task, text, before, profile }) =>
      context.requests.run(request, (signal) => {
        if (task !== 'chat' && !TASK_NAMES.includes(task)) {
          const tasks = [...TASK_NAMES, 'chat'].join(', ')
          throw new IdiolectError('BadOption', `${JSON.stringify(task)} is no task`, `Tasks are ${tasks}.`)
        }
        const piece = pieceText(text, 'to look for')
        const recall = {
          task,
          text: piece,
          ...(before ? { before } : {}),
          ...(profile === undefined ? {} : { profile }),
        }
        return task === 'chat' ? recallChat(context, recall, signal) : recallTask(context, task, recall, signal)
      }),
  }
}

async function recallChat(context: AppContext, recall: Recall, signal: AbortSignal): Promise<RecallResult> {
  const { store, bases } = context
  const { text, before } = recall
  const { hits, note } = await bases.withEmbedder(
    async (embedder) => ({
      hits: await searchPassages(store, embedder, { query: text, k: LISTED, signal, ...(before ? { before } : {}) }),
      note: whyNoMeaning(context, embedder),
    }),
    signal,
  )
  const marks = store.wordSearch.marks(markedWords(text), hits)
  const about = profileFor(context, 'prose', recall.profile)
  const prompt = await withBase(
    context,
    (base) =>
      chatPromptWithin(
        base,
        [{ role: 'user', text }],
        hits.slice(0, PASSAGES).map(({ title, text: passage }) => ({ title, text: passage })),
        base.contextSize - ANSWER,
        about ?? '',
      ).tokens,
    signal,
  )
  return {
    hits: hits.map(({ document, title, path, date, text: passage, ...why }, at) => ({
      ...{ document, title, path, date },
      excerpt: excerptAround(passage, marks[at]?.text ?? []),
      score: why.score,
      bm25Rank: why.bm25Rank,
      bm25Score: why.bm25Score,
      vectorRank: why.vectorRank,
      similarity: why.similarity,
      shown: at < PASSAGES,
    })),
    own: [],
    note,
    prompt,
  }
}

async function recallTask(
  context: AppContext,
  task: TrainingTask,
  { text, ...with_ }: Recall,
  signal: AbortSignal,
): Promise<RecallResult> {
  const { store, bases } = context
  const voiced = (voicesFor(context, {}, readSettings(context).scale, task)?.id ?? null) !== null
  const shown = await shownBeside(context, task, text, { ...with_, retrieval: true, voiced }, signal)
  const note = await bases.withEmbedder(async (embedder: Embedder | null) => whyNoMeaning(context, embedder), signal)
  const own = new Set(shown.own.map(({ id }) => id))
  const others = shown.found.filter(({ document }) => !own.has(document.id)).slice(0, LISTED)
  const inPrompt = new Set(shown.pairs.map(({ document }) => document))
  const prompt = await withBase(
    context,
    (base) =>
      shown.builder(base).prompt({ task, input: task === 'prose' ? proseInput(text) : text }, shown.pairs, {
        ...DEFAULT_PROMPT[task],
        maxTokens: base.contextSize,
        ...shown.prompt,
      }),
    signal,
  )
  const marks = store.wordSearch.marks(
    markedWords(text),
    others.map(({ document }) => document),
  )
  return {
    hits: others.map((hit, at) => hitOf(hit, marks[at]?.text ?? [], inPrompt)),
    own: shown.own.map(({ title }) => title),
    note,
    prompt,
  }
}

function hitOf({ document, ...why }: PieceHit, marks: [number, number][], inPrompt: ReadonlySet<string>): RecallHit {
  const { id, title, path, date, text } = document
  return {
    ...{ document: id, title, path, date, ...why },
    excerpt: excerptAround(text, marks),
    shown: inPrompt.has(id),
  }
}

/** Of the text its longest words, which are its rarest more often than not: marks on every "the" would tell nothing. */
function markedWords(text: string): string {
  const words = [...new Set(text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])].sort((a, b) => b.length - a.length)
  const long = words.filter((word) => word.length > 3)
  return (long.length > 0 ? long : words).slice(0, MARKED_WORDS).join(' ')
}

/** The prompt in words, by the base that is installed; null where there is none. */
async function withBase(
  { bases }: AppContext,
  promptOf: (base: Base) => Int32Array,
  signal: AbortSignal,
): Promise<RecallResult['prompt']> {
  if (bases.chosen('chat') === null) return null
  return bases.withBase(async (base) => {
    const ids = promptOf(base)
    return { text: base.detokenize(ids, true), tokens: ids.length, context: base.contextSize }
  }, signal)
}
