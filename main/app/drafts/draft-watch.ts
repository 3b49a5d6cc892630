/**
 * Watches the files that drafts are linked to, by looking once a second: that works on every file system, for files that
 * are replaced as editors do, and for those that come back. Says so when one is not as its draft last wrote or read it.
 */
import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { AppContext } from '../context.ts'
import { hashOnDisk } from './on-disk.ts'

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

const signOf = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino} ${size} ${mtimeNs}`
/** Of a file that is not there, or cannot be looked at. */
const NO_SIGN = ''

const signOnDisk = (file: string): Promise<string> => stat(file, { bigint: true }).then(signOf, () => NO_SIGN)

/** At once: what changes from now on is seen, which `fs.watchFile` says of what changes after its own first look only. */
function signNow(file: string): string {
  try {
    return signOf(statSync(file, { bigint: true }))
  } catch {
    return NO_SIGN
  }
}

/** A terminal's command ends before anybody could listen. */
export function createDraftWatch({ store, events, options }: AppContext): DraftWatch {
  /** By file, how it was when it was last looked at. */
  const watched = new Map<string, string>()
  let timer: NodeJS.Timeout | null = null
  let looking = false
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
  const lookRound = async (): Promise<void> => {
    // A network's file system may take longer than a round.
    if (looking) return
    looking = true
    try {
      for (const file of [...watched.keys()]) {
        const sign = await signOnDisk(file)
        const before = watched.get(file)
        if (before === undefined || before === sign) continue
        watched.set(file, sign)
        look(file)
      }
    } finally {
      looking = false
    }
  }
  const watch: DraftWatch = {
    refresh() {
      if (options.host === 'terminal') return
      const wanted = new Set(
        store.drafts.list().flatMap(({ file, removed }) => (file !== null && removed === null ? [file] : [])),
      )
      for (const file of [...watched.keys()]) if (!wanted.has(file)) watched.delete(file)
      for (const file of wanted) {
        if (watched.has(file)) continue
        watched.set(file, signNow(file))
        // It may have changed while nobody looked.
        look(file)
      }
      if (watched.size > 0) timer ??= setInterval(() => void lookRound(), INTERVAL).unref()
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
      if (timer) clearInterval(timer)
      timer = null
      watched.clear()
    },
  }
  return watch
}
