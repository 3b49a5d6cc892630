/**
 * Whose is a text that is pasted into a draft? The window knows what came by its own stream; this knows what was written
 * before it was opened, in every space: the assistant's words must not become the owner's by way of the clipboard.
 */
import type { Handlers } from '../../../preload/contract.ts'
import { createSameWords } from '../../drafts/same-words.ts'
import type { AppContext } from '../context.ts'

/** Characters: none of the assistant's texts is longer. */
const LONGEST = 50_000
/** Of each kind, the newest. */
const MOST = 2000
/** Streams remembered: what was offered and not taken stands nowhere else. */
const STREAMS = 200

export function whoseHandlers({ store, events }: AppContext): Pick<Handlers, 'draft.whose'> {
  const streamed = new Map<string, string>()
  events.on((name, event) => {
    if (name !== 'stream' || !('index' in event && 'text' in event)) return
    const key = `${event.request} ${event.index}`
    const text = (streamed.get(key) ?? '') + event.text
    streamed.delete(key)
    streamed.set(key, text)
    for (const oldest of streamed.keys()) {
      if (streamed.size <= STREAMS) break
      streamed.delete(oldest)
    }
  })
  function* written(): Generator<string> {
    yield* streamed.values()
    for (const { candidates } of store.headlines.list(MOST)) yield* candidates
    yield* store.chats.answers(MOST)
    for (const { text, spans } of store.drafts.shared())
      for (const { from, to, author } of spans) if (author === 'assistant') yield text.slice(from, to)
    for (const { by, text } of store.trials.options(MOST)) if (by !== 'own') yield text
  }
  return {
    async 'draft.whose'({ text }) {
      if (text.length > LONGEST) return { assistant: false }
      const isSame = createSameWords(text)
      for (const other of written()) if (isSame(other)) return { assistant: true }
      return { assistant: false }
    },
  }
}
