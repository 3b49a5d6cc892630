/** What stands in many pieces of the library, and so tells of none: found once for each state that it is in. */
import { type CommonRuns, commonRuns } from '../../retrieval/same-text.ts'
import type { Store } from '../../store/store.ts'

const found = new WeakMap<Store, { version: number; runs: CommonRuns }>()

export function commonRunsOf(store: Store): CommonRuns {
  const version = store.libraryVersion()
  const known = found.get(store)
  if (known?.version === version) return known.runs
  const runs = commonRuns(store.documents.mine().map(({ text }) => text))
  found.set(store, { version, runs })
  return runs
}
