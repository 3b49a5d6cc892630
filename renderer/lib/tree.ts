/** A conversation's messages as a tree: which branch is shown, and what stands beside a message. */
import type { ChatMessage, ChatTurnText } from '../../preload/contract.ts'

/** From the first question to this message; empty where there is none. */
export function branchTo(messages: readonly ChatMessage[], head: string | null): ChatMessage[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const branch: ChatMessage[] = []
  for (let at = head === null ? undefined : byId.get(head); at; at = byId.get(at.parent ?? '')) branch.push(at)
  return branch.reverse()
}

/** Messages that answer the same question, or questions that follow the same answer, in the order they were written. */
export function siblingsOf(messages: readonly ChatMessage[]): Map<string | null, ChatMessage[]> {
  const byParent = new Map<string | null, ChatMessage[]>()
  for (const message of messages) {
    const siblings = byParent.get(message.parent)
    if (siblings) siblings.push(message)
    else byParent.set(message.parent, [message])
  }
  return byParent
}

/** The end of the newest branch below a message: where one goes on who chooses it. */
export function leafOf(messages: readonly ChatMessage[], from: string): string {
  const byParent = siblingsOf(messages)
  let leaf = from
  for (let below = byParent.get(leaf); below; below = byParent.get(leaf)) leaf = below.at(-1)?.id ?? leaf
  return leaf
}

/** A branch as a host is told it that keeps nothing of it. */
export function turnsOf(branch: readonly ChatMessage[]): ChatTurnText[] {
  return branch.map(({ id, role, text }) => ({ id, role, text }))
}
