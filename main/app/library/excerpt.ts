/** How a text is called where there is room for a line. */

const EXCERPT = 160

/** First words of a piece, on one line. */
export function excerptOf(piece: string): string {
  return piece.replaceAll(/\s+/g, ' ').slice(0, EXCERPT)
}
