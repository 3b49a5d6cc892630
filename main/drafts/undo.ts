/** The editor's undo history, bounded: its oldest steps go first. Knows of its shape only where the steps stand. */

/** Characters of JSON that are kept. */
export const MOST_HISTORY = 2_000_000

export interface BoundedHistory {
  history: string | null
  cut: boolean
}

/** Steps lie oldest first in `done`, at the top or in `history`. One that is too long and of no such shape is dropped. */
export function boundedHistory(json: string | null, most = MOST_HISTORY): BoundedHistory {
  if (json === null || json.length <= most) return { history: json, cut: false }
  try {
    const state = JSON.parse(json) as { history?: { done?: unknown }; done?: unknown }
    const holder = Array.isArray(state.history?.done) ? state.history : state
    const done = holder.done
    if (!Array.isArray(done)) return { history: null, cut: true }
    let over = json.length - most
    let from = 0
    // Each step and its comma.
    for (; from < done.length && over > 0; from++) over -= JSON.stringify(done[from]).length + 1
    if (over > 0) return { history: null, cut: true }
    holder.done = done.slice(from)
    return { history: JSON.stringify(state), cut: true }
  } catch {
    return { history: null, cut: true }
  }
}
