/**
 * Which run was begun or gone on with last, and how the next one is called. Neither is read off the list alone: runs leave
 * it with their voices, an older one must not come forward then, and no id is given twice, since voices, suggestions and
 * the history of switches go by it.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RunRecord } from '../../store/runs.ts'
import type { Store } from '../../store/store.ts'

const LAST = 'training.last'
const NAMED = 'training.named'

type Runs = Pick<Store, 'runs' | 'settings'>

export function noteLast({ settings }: Runs, run: string): void {
  settings.set(LAST, run)
}

/** Null where there is none, or it is gone. */
export function lastRun({ runs, settings }: Runs): RunRecord | null {
  const last = settings.get<string>(LAST)
  // Early versions noted none.
  return last === null ? (runs.list()[0] ?? null) : runs.get(last)
}

/** `2026-11-23-1`: the day, and how many runs it has had. To be called in the transaction that notes the run. */
export function newRunId({ folder, settings }: Pick<Store, 'folder' | 'settings'>, createdAt: string): string {
  const day = `${createdAt.slice(0, 10)}-`
  const named = settings.get<string>(NAMED)
  let n = named?.startsWith(day) ? Number(named.slice(day.length)) : 0
  do n++
  while (existsSync(path.join(folder, 'runs', `${day}${n}`)))
  settings.set(NAMED, `${day}${n}`)
  return `${day}${n}`
}
