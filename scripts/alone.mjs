/**
 * One process at a time, by a lock file with its holder's number, whose time the holder sets anew while it lives. The
 * number alone would prove nothing: after a restart another process may bear it. Node's own modules only.
 */
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'

/** Milliseconds: how often the holder says that it lives, how long it may be silent, how often to look, and to say so. */
const usual = { beat: 5000, silence: 60_000, look: 300, say: 30_000 }

/** Locks of this process. */
const held = new Set()

function lives(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Does `work` while no other process does what the same lock guards, and says whom it waits for. Ended by Ctrl-C or a
 * plain kill, it lets the lock go.
 * @template T
 * @param {string} lock the file; its folder is made
 * @param {(line: string) => void} log
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(lock, log, work, times = usual) {
  mkdirSync(path.dirname(lock), { recursive: true })
  await take(lock, log, times)
  const beat = setInterval(() => refresh(lock), times.beat)
  const release = () => rmSync(lock, { force: true })
  // What runs for the work ends with this process (child.mjs), which a signal alone would not see to.
  const end = (signal) => process.exit(128 + constants.signals[signal])
  process.once('exit', release)
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    process.off('exit', release)
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
    held.delete(lock)
    release()
  }
}

async function take(lock, log, { silence, look, say }) {
  /** How long the lock has stood as it is, in time that this process was awake for: a laptop's sleep is no silence. */
  let silent = 0
  let before = null
  for (let waited = 0; ; waited += look) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      held.add(lock)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const there = standing(lock)
    if (there !== null) {
      silent = there.at === before ? silent + look : 0
      before = there.at
      if (there.dead || silent >= silence) {
        rmSync(lock, { force: true })
        continue
      }
      if (waited % say < look)
        log(`Another set-up is at work here (process ${there.holder || 'unknown'}, by ${lock}); waiting for its end.`)
    }
    await new Promise((resolve) => setTimeout(resolve, look))
  }
}

/** The lock as it stands; null when it is gone. */
function standing(lock) {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    const at = statSync(lock).mtimeMs
    if (holder === process.pid) return { holder, at, dead: !held.has(lock) }
    // An empty file is a holder between creating and writing; after a while it is one that died there.
    return { holder, at, dead: holder > 0 ? !lives(holder) : Date.now() - at > 5000 }
  } catch {
    return null
  }
}

function refresh(lock) {
  try {
    utimesSync(lock, new Date(), new Date())
  } catch {
    // Somebody removed it: the work goes on all the same.
  }
}
