/** The drafts' surface: drafts as they are kept, and what the assistant writes into them. */
import type { Handlers } from '../../preload/contract.ts'
import type { AppContext } from './context.ts'
import { keptHandlers } from './drafts-kept.ts'
import { writtenHandlers } from './drafts-written.ts'

type DraftCalls = Extract<keyof Handlers, `draft.${string}`>

export function draftHandlers(context: AppContext): Pick<Handlers, DraftCalls> {
  return { ...keptHandlers(context), ...writtenHandlers(context) }
}
