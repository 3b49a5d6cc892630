/**
 * Tags and scores suggested for single texts, until their owner picks: in memory, since what was only looked at is nobody's
 * choice and nothing to keep on disk. The oldest go first; a window has one at a time. Knows no tasks.
 */
import type { LabelRecord } from '../../../preload/contract.ts'
import type { Store } from '../../store/store.ts'

/** Of one app, all windows together. */
const MOST = 50

const kept = new WeakMap<Store, Map<string, LabelRecord>>()

export function rememberSuggestion(store: Store, record: LabelRecord): void {
  const records = kept.get(store) ?? new Map<string, LabelRecord>()
  kept.set(store, records)
  records.delete(record.id)
  records.set(record.id, record)
  for (const id of records.keys()) if (records.size > MOST) records.delete(id)
}

/** Also of one that was picked meanwhile: its owner may choose otherwise. */
export function suggestionOf(store: Store, id: string): LabelRecord | null {
  return kept.get(store)?.get(id) ?? null
}
