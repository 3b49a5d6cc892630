/** Letters that are written from right to left; digits and marks have no direction of their own. */
const RIGHT_TO_LEFT = /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const LOOKED_AT = 2000

/**
 * Which way a text is written, by its first letter. For fields that somebody may paste a whole book into: with `auto`, the
 * browser looks through it so often that the window hangs.
 */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const letter = /\p{L}/u.exec(text.slice(0, LOOKED_AT))?.[0] ?? ''
  return RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
}
