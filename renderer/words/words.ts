/** The window's words in the language at hand. Knows the languages; what is said stands in en.ts and de.ts alone. */
import type { Settings } from '../../preload/contract.ts'
import { de } from './de.ts'
import { en } from './en.ts'

/** What a further language must give: the same keys, its own words. */
export type Words = Widen<typeof en>
type Widen<T> = T extends string
  ? string
  : T extends (...input: infer I) => string
    ? (...input: I) => string
    : { readonly [K in keyof T]: Widen<T[K]> }

/** A language is added by a file beside `en.ts` and a line here. */
export const LANGUAGES = { en, de } as const satisfies Record<string, Words>
export type Language = keyof typeof LANGUAGES

/** The system's first language that the app speaks, or English. */
export function systemLanguage(tags: readonly string[] = globalThis.navigator?.languages ?? []): Language {
  return tags.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '').find(isLanguage) ?? 'en'
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag)
}

let current: Language = systemLanguage()

/** As a language tag, for `lang` and `Intl`. */
export function language(): Language {
  return current
}

/** Chooses the language of every word from now on. What is on the screen must be drawn anew (App.svelte does so). */
export function setLanguage(choice: Settings['language']): void {
  current = choice === 'system' ? systemLanguage() : choice
}

/** Always those of the language at hand: read a word where it is shown, and keep no copy in a module. */
export const words: Words = new Proxy({} as Words, {
  get: (_, part) => Reflect.get(LANGUAGES[current], part),
})
