/**
 * Watches the files that drafts are linked to, by looking once a second: that works on every file system, for files that
 * are replaced as editors do, and for those that come back. Says so when one is not as its draft last wrote or read it.
 */
import { unwatchFile, watchFile } from 'node:fs'
import type { AppContext } from '../context.ts'
import { hashOnDisk } from './drafts-files.ts'

export interface DraftWatch {
  /** Links were added or removed. */
  refresh(): void
  /** The draft knows the file as it is now: what was said of it is over. */
  seen(file: string): void
  /** A window opened this draft: it is told anew. */
  opened(draft: string): void
  close(): void
}

const INTERVAL = 1000

/** A terminal's command ends before anybody could listen. */
export function createDraftWatch({ store, events, options }: AppContext): DraftWatch {
  const watched = new Map<string, () => void>()
  /** What was last said of a file, so that nothing is said twice. */
  const said = new Map<string, string>()
  const look = (file: string): void => {
    let hash: string | null
    try {
      hash = hashOnDisk(file)
    } catch {
      return
    }
    const now = hash ?? 'removed'
    for (const { id, file: linked, removed } of store.drafts.list()) {
      if (linked !== file || removed !== null) continue
      const key = `${id} ${file}`
      if (hash === store.drafts.fileHash(id, file) || said.get(key) === now) continue
      said.set(key, now)
      events.emit('draft.file', { draft: id, file, changed: hash === null ? 'removed' : 'modified' })
    }
  }
  const watch: DraftWatch = {
    refresh() {
      if (options.host === 'terminal') return
      const wanted = new Set(
        store.drafts.list().flatMap(({ file, removed }) => (file !== null && removed === null ? [file] : [])),
      )
      for (const [file, listener] of watched) {
        if (wanted.has(file)) continue
        unwatchFile(file, listener)
        watched.delete(file)
      }
      for (const file of wanted) {
        if (watched.has(file)) continue
        const listener = (): void => look(file)
        watchFile(file, { interval: INTERVAL, persistent: false }, listener)
        watched.set(file, listener)
        // It may have changed while nobody looked.
        look(file)
      }
    },
    seen(file) {
      for (const key of [...said.keys()]) if (key.endsWith(` ${file}`)) said.delete(key)
    },
    opened(draft) {
      if (options.host === 'terminal') return
      const file = store.drafts.get(draft)?.file
      if (!file) return
      said.delete(`${draft} ${file}`)
      look(file)
    },
    close() {
      for (const [file, listener] of watched) unwatchFile(file, listener)
      watched.clear()
    },
  }
  return watch
}
