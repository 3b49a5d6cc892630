/** What devices a process can open with the libraries of one variant: for a child that may end on a broken driver. */
import { IdiolectError, messageOf } from '../errors.ts'
import type { Variant } from './library.ts'
import { openDevice } from './open.ts'
import { lackingOperations } from './operations.ts'

export interface DeviceFacts {
  kind: Variant
  /** ggml's name, e.g. `Vulkan0`; null when there is none. */
  name: string | null
  description: string | null
  freeBytes: number | null
  totalBytes: number | null
  /** ggml's names of the operations that the CPU computes for it. */
  lacking: string[]
  /** Why it cannot train, in words; null when it can. */
  whyNot: string | null
}

/** Opens the device (which tests it) and asks it for every operation. Never throws: what is wrong is the answer. */
export function deviceFacts(kind: Variant): DeviceFacts {
  const none = { kind, name: null, description: null, freeBytes: null, totalBytes: null, lacking: [] }
  try {
    const device = openDevice({ variant: kind, threads: 1 })
    const { name, description } = device
    const { free, total } = device.memory()
    const lacking = lackingOperations(device)
    device.free()
    return { kind, name, description, freeBytes: free, totalBytes: total, lacking, whyNot: null }
  } catch (error) {
    const hidden = error instanceof IdiolectError && error.name === 'NoDevice'
    return { ...none, whyNot: hidden ? 'no such device was found' : messageOf(error) }
  }
}
