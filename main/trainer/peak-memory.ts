/** The most memory that this process has ever held at once. */
import { readFileSync } from 'node:fs'

/**
 * Peak resident bytes of this process. On Linux from the kernel's own high-water mark of this program: `maxRSS` there
 * begins with what the parent held when it forked (a worker of an app with a loaded model would be charged for it).
 */
export function peakMemoryBytes(): number {
  return highWater(statusOf('/proc/self/status')) ?? process.resourceUsage().maxRSS * 1024
}

/** Bytes of the line `VmHWM:   43964 kB` in a process's status, or null where there is none. */
export function highWater(status: string): number | null {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(status)
  return found ? Number(found[1]) * 1024 : null
}

function statusOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
