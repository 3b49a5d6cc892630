/**
 * What a task's prompt shows beside a text when it is in use: the owner's pieces most alike that have an answer for the
 * task, never the piece itself in whatever shape it comes, the owner's profile, and the words for the owner's scale. One
 * place, so that an answer is scored under the very prompt that it would be written under.
 */
import type { GenerationOptions, Source, TrainingTask } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { DEFAULT_PROMPT, piecesShown, sharedOut } from '../../examples/defaults.ts'
import { createPromptBuilder, type PromptBuilder } from '../../examples/prompt.ts'
import { proseQueries } from '../../examples/prose.ts'
import { type Scale, scaleOf, tasksOnScale } from '../../examples/rate.ts'
import { firstTag } from '../../examples/tag.ts'
import type { PromptOptions, RetrievedPair } from '../../examples/types.ts'
import type { Tokenizer } from '../../inference/types.ts'
import { splitFrontMatter } from '../../library/front-matter.ts'
import { createBm25 } from '../../retrieval/bm25.ts'
import { createSameText } from '../../retrieval/same-text.ts'
import { type PieceHit, retrievePieces } from '../../retrieval/search.ts'
import type { StoredDocument } from '../../store/documents.ts'
import type { AppContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { profileFor } from '../voices/profiles.ts'
import { commonRunsOf } from './common-runs.ts'

export interface Shown {
  /** Most alike first; none with retrieval off. */
  pairs: RetrievedPair[]
  sources: Source[]
  /** All that was found, best first, with what speaks for each. */
  found: PieceHit[]
  /** Pieces of the library that are the text at hand. */
  own: StoredDocument[]
  /** Of the owner's ratings. */
  scale: Scale
  builder: (tokenizer: Tokenizer) => PromptBuilder
  /** Laid over the task's usual cuts. */
  prompt: Partial<PromptOptions>
}

/** Copies and versions of the piece at hand that may stand before the first other piece. */
const COPIES = 8
/** Passages of one piece among which the one most like an opening is chosen. */
const MOST_PASSAGES = 50

/**
 * @param text as `pieceText` gives it
 * @param voiced whether a voice answers: without one, more pieces are shown
 * @param k pieces shown: the task's usual number when not given; several share what there is room for
 */
export async function shownBeside(
  context: AppContext,
  task: TrainingTask,
  text: string,
  {
    retrieval,
    profile,
    before,
    voiced = true,
    k = piecesShown(task, voiced),
  }: Pick<GenerationOptions, 'retrieval' | 'profile'> & { before?: string; k?: number; voiced?: boolean },
  signal: AbortSignal,
): Promise<Shown> {
  const { store, bases } = context
  const show = retrieval ?? readSettings(context).retrieval
  const about = profileFor(context, task, profile)
  const mine = store.documents.list({ status: 'mine' }).documents
  const scale = scaleOf(mine.map(({ rating }) => rating))
  const search = {
    text,
    k: k + COPIES,
    accept: (document: StoredDocument) => hasAnswer(task, document, scale),
    signal,
    before,
  }
  const found = show
    ? await bases.withEmbedder((embedder) => retrievePieces(store, embedder, search), signal)
    : // The piece itself is looked for all the same: its words alone find it.
      await retrievePieces(store, null, search)
  const isThisPiece = createSameText([text], commonRunsOf(store))
  const own = found.map(({ document }) => document).filter((document) => isThisPiece(document.text))
  // A version of the piece under the same title has the same headline, however far the texts have parted.
  const titles = new Set(task === 'headline' ? own.map(({ title }) => title) : [])
  const others = found.filter(({ document }) => !own.includes(document) && !titles.has(document.title))
  const pairs = show ? pairsOf(task, text, others, k) : []
  return {
    pairs,
    sources: [...new Set(pairs.map((pair) => pair.document))].flatMap((id) =>
      others.filter(({ document }) => document.id === id).map(sourceOf),
    ),
    found,
    own,
    scale,
    builder: (tokenizer) => createPromptBuilder(tokenizer, tasksOnScale(scale)),
    prompt: { ...sharedOut(DEFAULT_PROMPT[task], pairs.length), ...(about === null ? {} : { profile: about }) },
  }
}

function hasAnswer(task: TrainingTask, { tags, rating }: StoredDocument, scale: Scale): boolean {
  if (task === 'tag') return firstTag(tags) !== ''
  if (task === 'rate') return rating !== null && scale.scores.includes(rating)
  return true
}

function pairsOf(task: TrainingTask, text: string, hits: PieceHit[], k: number): RetrievedPair[] {
  if (task === 'prose') return passagesLike(text, hits, k)
  return hits.slice(0, k).map(({ document: { id, text: input, title, tags, rating } }) => ({
    document: id,
    input,
    answer: task === 'tag' ? firstTag(tags) : task === 'rate' ? String(rating) : title,
  }))
}

/** Of the pieces found, the places whose beginnings are most like the opening, and how they went on. */
function passagesLike(opening: string, hits: PieceHit[], k: number): RetrievedPair[] {
  const pieces = hits.map(({ document: { id, title, text } }) => ({ id, title, text, date: '' }))
  const { queries } = proseQueries(pieces, { maxPerPiece: MOST_PASSAGES })
  return createBm25(queries.map(({ input }) => input))
    .search(opening, k)
    .flatMap(({ index }) => {
      const query = queries[index]
      return query === undefined ? [] : [{ document: query.document, input: query.input, answer: query.answer }]
    })
}

function sourceOf({ document: { id, title, path, date, text } }: PieceHit): Source {
  return { document: id, title, path, date, text: text.slice(0, 600) }
}

/** A long book. */
const MOST_CHARACTERS = 2_000_000

/**
 * A piece as it was pasted or opened, without front matter: its own tags and score would stand there.
 * @param purpose completes "there is no text …": `to tag`
 * Errors: IdiolectError `EmptyText`, `TextTooLong`.
 */
export function pieceText(text: string, purpose: string): string {
  const matter = splitFrontMatter(text)
  const piece = ('reason' in matter ? text : matter.body).trim()
  if (piece === '') throw new IdiolectError('EmptyText', `there is no text ${purpose}`, 'Paste or open a piece.')
  if (piece.length > MOST_CHARACTERS) {
    throw new IdiolectError(
      'TextTooLong',
      `the text has ${piece.length.toLocaleString('en')} characters, and ${MOST_CHARACTERS.toLocaleString('en')} are the most that one piece may have`,
      'Paste the piece alone; only its beginning is read.',
    )
  }
  return piece
}
