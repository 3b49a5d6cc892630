/** Places in a text that do not fall between the halves of one character (a surrogate pair). */

/** `at`, or one less where a cut there would leave half of a character before it. */
export function endingWhole(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at
}

/** `at`, or one more where a text from there would begin with half of a character. */
export function beginningWhole(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at
}
