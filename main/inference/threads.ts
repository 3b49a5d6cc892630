/** How many threads this machine lends to chatting and to training. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'

export interface MachineThreads {
  /** For inference: the physical cores, never more; `IDIOLECT_THREADS` where that is fewer. */
  chat: number
  /** For a training in the background: one fewer, so that the machine stays usable; at least 1. */
  train: number
}

let known: MachineThreads | null = null

/**
 * Threads by physical cores, found once per process. ggml's workers spin at barriers, so one thread more than there
 * are cores makes everything many times slower; two threads on one core's two hardware threads gain nothing.
 */
export function machineThreads(): MachineThreads {
  if (known === null) {
    const chat = Math.max(1, Math.min(physicalCores(), os.availableParallelism(), lent(process.env.IDIOLECT_THREADS)))
    known = { chat, train: Math.max(1, chat - 1) }
  }
  return known
}

/** What the environment lends at most: a number of threads, or all when nothing or no such number is given. */
export function lent(given: string | undefined): number {
  const threads = Number(given)
  return Number.isInteger(threads) && threads > 0 ? threads : Number.POSITIVE_INFINITY
}

function physicalCores(): number {
  const logical = os.availableParallelism()
  try {
    if (process.platform === 'linux') return coresOfCpuInfo(readFileSync('/proc/cpuinfo', 'utf8')) ?? logical
    if (process.platform === 'darwin') return coresOfMac() ?? logical
  } catch {
    // Not readable: the fallback below is right for most machines.
  }
  return logical > 2 ? Math.ceil(logical / 2) : logical
}

/** Distinct (package, core) pairs in the text of /proc/cpuinfo; null where it names none (ARM, some guests). */
export function coresOfCpuInfo(text: string): number | null {
  const cores = new Set<string>()
  for (const block of text.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1]
    const socket = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? '0'
    if (core !== undefined) cores.add(`${socket}/${core}`)
  }
  return cores.size === 0 ? null : cores.size
}

/** Performance cores where the machine tells them apart: an efficiency core would hold the others up at each barrier. */
function coresOfMac(): number | null {
  for (const name of ['hw.perflevel0.physicalcpu', 'hw.physicalcpu']) {
    try {
      const cores = Number(execFileSync('/usr/sbin/sysctl', ['-n', name], { encoding: 'utf8', timeout: 2000 }))
      if (Number.isInteger(cores) && cores > 0) return cores
    } catch {
      // An Intel Mac has no perflevel0.
    }
  }
  return null
}
