/** Is a text long enough to make a query of? */
import { countWords } from './words.ts'

const LEAST_WORDS = 10

/** The reason that a piece of this text is dropped with, or null. */
export function tooShort(text: string): string | null {
  return countWords(text) < LEAST_WORDS ? `its text has fewer than ${LEAST_WORDS} words` : null
}
