/**
 * One process at a time, by a lock file that names its holder, a random mark of the holder's own and the commands that it
 * has running; its time is set anew while the holder lives. A process's number alone would prove nothing: after a restart
 * another one may bear it. Node's own modules only.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import { lives } from './lives.mjs'

/**
 * Milliseconds: how often the holder says that it lives, how long it may be silent, how often to look, and to say so.
 * `orphan`: how long a command whose holder was killed may go on, which beats no more.
 */
const usual = { beat: 5000, silence: 60_000, look: 300, say: 30_000, orphan: 10 * 60_000 }

/** Locks of this process, each with its mark. @type {Map<string, {mark: string, commands: Set<number>}>} */
const held = new Map()

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
  const release = () => {
    if (isOurs(lock)) rmSync(lock, { force: true })
  }
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
    release()
    held.delete(lock)
  }
}

/**
 * Names a command in the locks that this process holds: where this process is killed, the command goes on, and whoever
 * comes next waits for it.
 * @param {number} pid
 * @returns {() => void} to be called at the command's end
 */
export function accompany(pid) {
  const among = [...held]
  for (const [lock, mine] of among) {
    mine.commands.add(pid)
    if (isOurs(lock)) writeFileSync(lock, contentOf(mine))
  }
  return () => {
    for (const [lock, mine] of among) {
      mine.commands.delete(pid)
      if (held.get(lock) === mine && isOurs(lock)) writeFileSync(lock, contentOf(mine))
    }
  }
}

const contentOf = ({ mark, commands }) => [process.pid, mark, ...commands].join('\n')

async function take(lock, log, { silence, look, say, orphan }) {
  const mine = { mark: randomBytes(8).toString('hex'), commands: new Set() }
  /** How long the lock has stood as it is, in time that this process was awake for: a laptop's sleep is no silence. */
  let silent = 0
  let before = null
  for (let waited = 0; ; waited += look) {
    try {
      writeFileSync(lock, contentOf(mine), { flag: 'wx' })
      held.set(lock, mine)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const there = standing(lock)
    if (there !== null) {
      silent = there.at === before ? silent + look : 0
      before = there.at
      if (there.dead || silent >= (there.orphan === null ? silence : orphan)) {
        rob(lock, there.text, mine.mark)
        continue
      }
      if (waited % say < look) {
        const who = there.orphan ?? (there.holder || 'unknown')
        log(`Another set-up is at work here (process ${who}, by ${lock}); waiting for its end.`)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, look))
  }
}

/** Takes away a lock that was judged by this text, and no other one that came in its place meanwhile. */
function rob(lock, text, mark) {
  const aside = `${lock}.${mark}`
  try {
    renameSync(lock, aside)
    if (readFileSync(aside, 'utf8') === text) rmSync(aside, { force: true })
    else renameSync(aside, lock)
  } catch {
    // Somebody else was first.
  }
}

/**
 * The lock as it stands; null when it is gone. `orphan`: a command that outlived the holder which started it.
 * @returns {{text: string, holder: number, at: number, dead: boolean, orphan: number | null} | null}
 */
function standing(lock) {
  try {
    const text = readFileSync(lock, 'utf8')
    const at = statSync(lock).mtimeMs
    const [number = '', mark, ...commands] = text.split('\n')
    const holder = Number(number)
    if (holder === process.pid)
      return { text, holder, at, dead: !held.has(lock) || held.get(lock).mark !== mark, orphan: null }
    // An empty file is a holder between creating and writing; after a while it is one that died there.
    if (!(holder > 0)) return { text, holder, at, dead: Date.now() - at > 5000, orphan: null }
    if (lives(holder)) return { text, holder, at, dead: false, orphan: null }
    const orphan = commands.map(Number).find((pid) => pid !== process.pid && lives(pid)) ?? null
    return { text, holder, at, dead: orphan === null, orphan }
  } catch {
    return null
  }
}

/** Does the lock bear this process's own mark: a holder that was silent for too long has lost it to another. */
function isOurs(lock) {
  try {
    return readFileSync(lock, 'utf8').split('\n')[1] === held.get(lock)?.mark
  } catch {
    return false
  }
}

function refresh(lock) {
  try {
    if (isOurs(lock)) utimesSync(lock, new Date(), new Date())
  } catch {
    // Somebody removed it: the work goes on all the same.
  }
}
