/** The window's words in the language at hand; what is said stands in en.ts and de.ts alone. */
import type { Settings } from '../../preload/contract.ts'
import { LANGUAGES, type Language, systemLanguage, type Words } from './languages.ts'

let current: Language = systemLanguage()
let spoken: Words = await LANGUAGES[current]()

/** As a language tag, for `lang` and `Intl`. */
export function language(): Language {
  return current
}

/**
 * Chooses the language of every word from now on. What is on the screen must be drawn anew (App.svelte does so). Where
 * its words cannot be fetched, those at hand stay.
 */
export async function setLanguage(choice: Settings['language']): Promise<void> {
  const wanted = choice === 'system' ? systemLanguage() : choice
  if (wanted === current) return
  const words = await LANGUAGES[wanted]().catch(() => null)
  if (!words) return
  current = wanted
  spoken = words
}

/** Always those of the language at hand: read a word where it is shown, and keep no copy in a module. */
export const words: Words = new Proxy({} as Words, {
  get: (_, part) => Reflect.get(spoken, part),
})
