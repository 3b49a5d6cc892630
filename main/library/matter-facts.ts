/** What a file's front matter says, as its owner reads it: publishing systems leave `&#8217;` in titles and tags. */
import { type Facts, factsOf } from './facts.ts'
import { decodeEntities } from './html.ts'

/** For front matter alone: what stands in HTML or Word has been decoded by its reader. */
export function matterFacts(data: Record<string, unknown>): Facts {
  const facts = factsOf(data)
  return {
    ...facts,
    title: facts.title === null ? null : decoded(facts.title) || null,
    tags: [...new Set(facts.tags.map(decoded))].filter((tag) => tag !== ''),
  }
}

function decoded(text: string): string {
  return decodeEntities(text).replace(/\s+/g, ' ').trim()
}
