/**
 * Who runs from this checkout: a file a process, whose time it sets anew while it lives. The app loads parts of out/ and of
 * the packages when it first needs them, so neither may be replaced under it. Node's own modules only.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { lives } from './lives.mjs'
import { SetUpError } from './steps.mjs'

/** Milliseconds: how often a process says that it runs, and after how long nothing was said. */
const usual = { beat: 10_000, silence: 60_000 }

const folderOf = (root) => path.join(root, '.idiolect', 'running')

/**
 * Says that this process runs from here, until it ends. What cannot be written is left out.
 * @param {string} root
 */
export function announce(root, times = usual) {
  const file = path.join(folderOf(root), String(process.pid))
  try {
    mkdirSync(folderOf(root), { recursive: true })
    writeFileSync(file, '')
  } catch {
    return
  }
  const beat = () => {
    try {
      // Anew each time: after a laptop's sleep somebody may have taken it for one that was left behind.
      writeFileSync(file, '')
    } catch {}
  }
  setInterval(beat, times.beat).unref()
  process.once('exit', () => rmSync(file, { force: true }))
}

/**
 * The other processes that run from here. Files of those that died are removed.
 * @param {string} root
 * @returns {number[]} their numbers
 */
export function othersRunning(root, times = usual) {
  let names = []
  try {
    names = readdirSync(folderOf(root))
  } catch {
    return []
  }
  return names.map(Number).filter((pid) => {
    if (!Number.isInteger(pid) || pid === process.pid) return false
    const file = path.join(folderOf(root), String(pid))
    const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    if (at === undefined) return false
    // Its number may be another process's by now.
    if (lives(pid) && Date.now() - at < times.silence) return true
    rmSync(file, { force: true })
    return false
  })
}

/**
 * @param {string} root
 * @throws {SetUpError} where somebody runs from here
 */
export function refuseWhileRunning(root) {
  const [first] = othersRunning(root)
  if (first === undefined) return
  throw new SetUpError(
    `Idiolect runs from this checkout (process ${first}), and its sources or packages have changed since: setting them up anew would take its files from it.`,
    'Close it, then run the same command again.',
  )
}
