/** One suggestion of a queue: for a piece of the library, by the same paths as for a pasted text. */
import path from 'node:path'
import type { GenerationOptions, LabelTask } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import type { AppContext } from '../context.ts'
import { readLearned } from '../library/learned.ts'
import type { LabelResult } from './label-rows.ts'
import { suggestRating } from './ratings.ts'
import { suggestTags } from './tags.ts'

/** As many as there are keys for. */
const TAGS = 9

/** Errors: those of `suggestTags` and `suggestRating`; IdiolectError `UnknownPiece`. */
export async function suggestFor(
  context: AppContext,
  task: LabelTask,
  document: string,
  options: GenerationOptions,
  signal: AbortSignal,
): Promise<LabelResult> {
  const piece = context.store.documents.get(document)
  if (!piece) throw new IdiolectError('UnknownPiece', 'the piece is no longer in the library', null)
  const { text, tags } = piece
  if (task === 'tag') {
    const asked = { ...options, text, document, count: TAGS, has: tags }
    const { suggestions, confidence, sources, voice } = await suggestTags(context, asked, signal)
    return { suggestions, confidence, sources, voice, seen: seenBy(context, voice, document) }
  }
  const { distribution, expected, likeliest, confidence, sources, voice } = await suggestRating(
    context,
    { ...options, text },
    signal,
  )
  return { distribution, expected, likeliest, confidence, sources, voice, seen: seenBy(context, voice, document) }
}

/**
 * Did this voice, or one of several, learn from this piece? Null where its run did not note what it learnt from.
 * @param voice as results name it: an id, or `a:0.7+b:0.3`
 */
function seenBy({ store }: AppContext, voice: string | null, document: string): boolean | null {
  if (voice === null) return false
  const ids = voice.split('+').map((part) => part.replace(/:[^:]*$/, ''))
  let known = true
  for (const id of ids) {
    const run = store.voices.get<{ run: string | null }>(id)?.card.run ?? null
    const learned = run === null ? null : readLearned(path.join(store.folder, 'runs', run))
    if (learned === null) known = false
    else if (learned.pieces.some((piece) => piece.document === document && piece.part === 'training')) return true
  }
  return known ? false : null
}
