/** The languages that there are, each fetched when it is wanted. Knows none of them as the one at hand. */
import type { en } from './en.ts'

/** What a further language must give: the same keys, its own words. */
export type Words = Widen<typeof en>
type Widen<T> = T extends string
  ? string
  : T extends (...input: infer I) => string
    ? (...input: I) => string
    : { readonly [K in keyof T]: Widen<T[K]> }

/** A language is added by a file beside `en.ts` and a line here. */
export const LANGUAGES = {
  en: async (): Promise<Words> => (await import('./en.ts')).en,
  de: async (): Promise<Words> => (await import('./de.ts')).de,
}
export type Language = keyof typeof LANGUAGES

/** The system's first language that the app speaks, or English. */
export function systemLanguage(tags: readonly string[] = globalThis.navigator?.languages ?? []): Language {
  return tags.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '').find(isLanguage) ?? 'en'
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag)
}
