/** The tags' surface: the owner's own vocabulary, ranked for a piece, and what the owner picked. */
import type { Handlers } from '../../preload/contract.ts'
import { chooseTags } from '../assistant/tag.ts'
import { IdiolectError } from '../errors.ts'
import { tagKey, tidyTag, vocabularyOf } from '../examples/tag.ts'
import type { AppContext } from './context.ts'
import { pickedOf, suggested } from './picks.ts'
import { pieceText, shownBeside } from './shown.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type TagCalls = Extract<keyof Handlers, `tag.${string}`>

export function tagHandlers(context: AppContext): Pick<Handlers, TagCalls> {
  const { store, bases, requests } = context
  return {
    'tag.suggest': ({ request, text, count, fresh, has = [], voice, voices, scale, seed, maxTokens, ...shownWith }) =>
      requests.run(request, async (signal) => {
        const piece = pieceText(text, 'to tag')
        const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale)
        const shown = await shownBeside(context, 'tag', piece, shownWith, signal)
        // What the piece itself has is no evidence for what it should have.
        const own = new Set(shown.own.map(({ id }) => id))
        const others = store.documents.list({ status: 'mine' }).documents.filter(({ id }) => !own.has(id))
        const vocabulary = vocabularyOf(others)
        if (vocabulary.length === 0 && !fresh) {
          throw new IdiolectError(
            'NoTags',
            others.length === 0
              ? 'there is no other piece of yours in the library, and so there are no tags'
              : `none of your ${others.length} other pieces in the library has a tag`,
            'Import pieces with tags in their front matter, or ask for new tags.',
          )
        }
        const chosen = await bases.withBase((base) =>
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
        )
        const ownTags = vocabularyOf([{ tags: [...has, ...shown.own.flatMap(({ tags }) => tags)] }])
        const hasKeys = new Set(ownTags.map(({ tag }) => tagKey(tag)))
        const { choices, ...facts } = chosen
        return {
          id: suggested(
            context,
            'tag',
            piece,
            choices.map(({ tag }) => tag),
            used?.id ?? null,
          ),
          suggestions: choices.map((choice) => ({ ...choice, has: hasKeys.has(tagKey(choice.tag)) })),
          has: ownTags.map(({ tag }) => tag),
          vocabulary: vocabulary.length,
          ...facts,
          sources: shown.sources,
          voice: used?.id ?? null,
        }
      }),
    async 'tag.pick'({ id, picked }) {
      const tags = [...new Set(picked.map(tidyTag).filter((tag) => tag !== ''))]
      if (tags.length === 0) throw new IdiolectError('NoTags', 'no tag was picked', 'Pick one, or write your own.')
      return pickedOf(context, id, 'tag', tags)
    },
  }
}
