/** Processes, for tests that end them. */
import { existsSync, readFileSync } from 'node:fs'

/** Does a process of this id run (a zombie does not)? */
export function isAlive(pid: number): boolean {
  try {
    if (existsSync('/proc/self/stat')) return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
