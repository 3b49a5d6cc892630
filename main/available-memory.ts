/** Memory that a program may take without pushing others out of it: what is free, and caches that the system would give. */
import { execFileSync } from 'node:child_process'
import os from 'node:os'

/** Bytes. In a container, what its limit leaves. */
export function availableMemory(): number {
  const told = process.availableMemory?.() ?? os.freemem()
  if (process.platform !== 'darwin') return told
  // There libuv counted free pages alone for long, which on a Mac in use are next to none.
  return Math.max(told, pagesOf(vmStat()) ?? 0)
}

function vmStat(): string {
  try {
    return execFileSync('/usr/bin/vm_stat', { encoding: 'utf8', timeout: 1000, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}

/** Free, speculative and inactive pages of what `vm_stat` prints, in bytes, as psutil counts them; null where it says none. */
export function pagesOf(printed: string): number | null {
  const size = Number(/page size of (\d+) bytes/.exec(printed)?.[1] ?? Number.NaN)
  const pages = (kind: string): number =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.?$`, 'm').exec(printed)?.[1] ?? 0)
  const all = (pages('free') + pages('speculative') + pages('inactive')) * size
  return all > 0 ? all : null
}
