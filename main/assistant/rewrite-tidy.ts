/** What a chat model puts around a text that was asked for: a word of its own before it, quotes, a remark after it. */

const PREAMBLE =
  /^(?:(?:sure|certainly|of course|okay|ok|here(?:'s|’s| is| are)|this is|the (?:shorter|plainer|warmer|rewritten|revised|new|following))\b[^\n]{0,120}?[:!.]\s*\n+|(?:sure|certainly|of course)[,!.][^\n:]{0,80}:\s+|here(?:'s|’s| is)\b[^\n:]{0,80}:\s+)/i
const LABEL =
  /^\**(?:(?:shorter|plainer|warmer|rewritten|revised|new|my)(?: (?:text|version))?|text|answer|rewrite|version)\**:\**\s*/i
const PAIRS: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['«', '»'],
  ["'", "'"],
  ['‘', '’'],
  ['`', '`'],
]

/**
 * The answer alone.
 * @param given the text that was to be rewritten: quotes that stood around it stay
 * @param paragraphs are several wanted; else the first is all
 */
export function tidied(answer: string, given: string, paragraphs = false): string {
  let text = answer.trim()
  text = text.replace(PREAMBLE, '').replace(LABEL, '').trim()
  if (!paragraphs) text = (text.split(/\n\s*\n/)[0] ?? '').trim()
  for (const [open, close] of PAIRS) {
    if (!text.startsWith(open) || given.trimStart().startsWith(open)) continue
    const inside = text.slice(open.length)
    if (inside.endsWith(close) && !inside.slice(0, -close.length).includes(close))
      return inside.slice(0, -close.length).trim()
    // A quotation whose end was never written.
    if (!inside.includes(close)) return inside.trim()
  }
  return text
}

/** Without the sentence that was broken off; a text without any end of a sentence stays. */
export function toSentence(text: string): string {
  const end = /^[\s\S]*(?:[.!?…।؟۔።။។]["”’»)\]]*(?=\s|$)|[。！？]["”’»)\]」』）]*)/.exec(text)?.[0]
  return end === undefined ? text : end
}

/** Characters within which a preamble shows itself. */
const HELD = 48
/** The last word, of which the end alone where there are no spaces. */
const LAST_WORD = /\S{1,40}$/u

export interface TidyStream {
  push(chunk: string): void
  end(): void
}

/** Shows an answer as it is written, tidied; held back until it is clear that it begins. */
export function createTidyStream(
  given: string,
  options: { paragraphs: boolean; onText?: (text: string) => void; onEnough: () => void },
): TidyStream {
  const { paragraphs, onText, onEnough } = options
  let all = ''
  let shown = ''
  let over = false
  const show = (text: string): void => {
    if (!text.startsWith(shown) || text.length === shown.length) return
    onText?.(text.slice(shown.length))
    shown = text
  }
  return {
    push(chunk) {
      if (over) return
      all += chunk
      const text = tidied(all, given, paragraphs)
      const begun = all.trimStart().replace(PREAMBLE, '')
      if (!paragraphs && /\S\s*\n\s*\n\s*\S/.test(begun)) {
        over = true
        onEnough()
      }
      // The last word may turn out to be the end of a quotation.
      if (all.trimStart().length > HELD) show(text.replace(LAST_WORD, ''))
    },
    end() {
      show(tidied(all, given, paragraphs))
    },
  }
}
