/** The tags' surface: the owner's own vocabulary, ranked for a piece, and what the owner picked. */
import type { Calls, Handlers, TagResult } from '../../../preload/contract.ts'
import { chooseTags } from '../../assistant/tag.ts'
import { IdiolectError } from '../../errors.ts'
import { tagKey, tidyTag, vocabularyOf } from '../../examples/tag.ts'
import type { AppContext } from '../context.ts'
import { pieceText, shownBeside } from '../library/shown.ts'
import { readSettings } from '../settings.ts'
import { voicesFor } from '../voices/voices.ts'
import { pickedOf, suggested } from './picks.ts'

export type TagRequest = Omit<Calls['tag.suggest']['in'], 'request'> & {
  /** The library's piece that the text is; its tags count for nothing. */
  document?: string
}

/** Errors: IdiolectError `EmptyText`, `NoTags`, and those of voices and bases. */
export async function suggestTags(
  context: AppContext,
  { text, document, count, fresh, has = [], voice, voices, scale, seed, maxTokens, ...shownWith }: TagRequest,
  signal: AbortSignal,
): Promise<Omit<TagResult, 'id'> & { piece: string }> {
  const piece = pieceText(text, 'to tag')
  const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale, 'tag')
  const shown = await shownBeside(context, 'tag', piece, shownWith, signal)
  // What the piece itself has is no evidence for what it should have.
  const own = new Set([...shown.own.map(({ id }) => id), ...(document === undefined ? [] : [document])])
  const others = context.store.documents.list({ status: 'mine' }).documents.filter(({ id }) => !own.has(id))
  const vocabulary = vocabularyOf(others)
  if (vocabulary.length === 0 && !fresh) throw noTags(others.length)
  const chosen = await context.bases.withBase(
    (base) =>
      chooseTags({
        base,
        builder: shown.builder(base),
        text: piece,
        retrieved: shown.pairs,
        prompt: shown.prompt,
        vocabulary,
        fresh: fresh ?? false,
        voice: used?.use ?? null,
        signal,
        ...(count === undefined ? {} : { count }),
        ...(seed === undefined ? {} : { seed }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      }),
    signal,
  )
  const ownTags = vocabularyOf([{ tags: [...has, ...shown.own.flatMap(({ tags }) => tags)] }])
  const hasKeys = new Set(ownTags.map(({ tag }) => tagKey(tag)))
  const { choices, ...facts } = chosen
  return {
    piece,
    suggestions: choices.map((choice) => ({ ...choice, has: hasKeys.has(tagKey(choice.tag)) })),
    has: ownTags.map(({ tag }) => tag),
    vocabulary: vocabulary.length,
    ...facts,
    sources: shown.sources,
    voice: used?.id ?? null,
  }
}

/** @param others pieces beside the one at hand */
export function noTags(others: number): IdiolectError {
  return new IdiolectError(
    'NoTags',
    others === 0
      ? 'there is no other piece of yours in the library, and so there are no tags'
      : `none of your ${others} other pieces in the library has a tag`,
    'Import pieces with tags in their front matter, or ask for new tags.',
  )
}

/** Trimmed, each once. Errors: IdiolectError `NoTags` where nothing is left. */
export function pickedTags(picked: readonly string[]): string[] {
  const tags = [...new Set(picked.map(tidyTag).filter((tag) => tag !== ''))]
  if (tags.length === 0) throw new IdiolectError('NoTags', 'no tag was picked', 'Pick one, or write your own.')
  return tags
}

export function tagHandlers(context: AppContext): Pick<Handlers, 'tag.suggest' | 'tag.pick'> {
  return {
    'tag.suggest': ({ request, ...asked }) =>
      context.requests.run(request, async (signal) => {
        const { piece, ...result } = await suggestTags(context, asked, signal)
        const offered = result.suggestions.map(({ tag }) => tag)
        return { id: suggested(context, 'tag', piece, offered, result.voice), ...result }
      }),
    async 'tag.pick'({ id, picked }) {
      return pickedOf(context, id, 'tag', picked.length === 0 ? null : pickedTags(picked))
    },
  }
}
