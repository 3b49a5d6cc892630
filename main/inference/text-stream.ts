/** Tokens in, text out as it becomes certain: no half characters, no control characters, nothing of a stop text. */

/** All but tab and line feed: no text has them, and SQLite ends a text at the first NUL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g

export interface TextStream {
  /** Adds a token; true when a stop text is now complete, and nothing after it is wanted. */
  push(token: number): boolean
  /** Hands out what was held back; the whole text. */
  finish(): string
}

/**
 * `detokenize` gets all tokens so far: a token alone may be part of a character, or lose its space.
 * A text that ends in U+FFFD may be half a character, and one that ends like the beginning of a stop text may become
 * it; both wait for the next token.
 */
export function createTextStream(
  detokenize: (tokens: Int32Array) => string,
  stop: string[],
  onText?: (text: string) => void,
): TextStream {
  const stops = stop.filter((text) => text !== '')
  const tokens: number[] = []
  let text = ''
  let shown = ''
  let stopped = false

  const show = (upTo: string): void => {
    if (upTo.length <= shown.length || !upTo.startsWith(shown)) return
    const added = upTo.slice(shown.length)
    shown = upTo
    onText?.(added)
  }

  return {
    push(token) {
      if (stopped) return true
      tokens.push(token)
      text = detokenize(Int32Array.from(tokens))
        .replace(CONTROL, '')
        .replace(/\uFFFD+$/, '')
      const at = firstStop(text, stops)
      if (at >= 0) {
        text = text.slice(0, at)
        stopped = true
        show(text)
        return true
      }
      show(text.slice(0, text.length - heldBack(text, stops)))
      return false
    },
    finish() {
      show(text)
      return text
    },
  }
}

function firstStop(text: string, stops: string[]): number {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
  return found.length === 0 ? -1 : Math.min(...found)
}

/** Length of the longest end of `text` that begins a stop text. */
function heldBack(text: string, stops: string[]): number {
  let longest = 0
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length
    }
  }
  return longest
}
