/** The drafts' surface: drafts as they are kept, their files, and what the assistant writes into them. */
import type { Handlers } from '../../../preload/contract.ts'
import type { AppContext } from '../context.ts'
import type { DraftWatch } from './draft-watch.ts'
import { draftFileHandlers } from './drafts-files.ts'
import { keptHandlers } from './drafts-kept.ts'
import { whoseHandlers } from './drafts-whose.ts'
import { writtenHandlers } from './drafts-written.ts'

type DraftCalls = Extract<keyof Handlers, `draft.${string}`>

export function draftHandlers(context: AppContext, watch: DraftWatch): Pick<Handlers, DraftCalls> {
  const kept = keptHandlers(context)
  return {
    ...kept,
    ...writtenHandlers(context),
    ...whoseHandlers(context),
    ...draftFileHandlers(context, watch),
    async 'draft.get'(input) {
      const draft = await kept['draft.get'](input)
      // After the answer, so that the window knows the draft that it is told of.
      setImmediate(() => watch.opened(draft.id))
      return draft
    },
    async 'draft.remove'(input) {
      const result = await kept['draft.remove'](input)
      watch.refresh()
      return result
    },
  }
}
