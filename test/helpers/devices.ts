/** Devices for tests. Mesa's software Vulkan serves where there is no GPU: slow, but the same code path. */
import { existsSync, readdirSync } from 'node:fs'
import { IdiolectError } from '../../main/errors.ts'
import type { Ggml, Pointer } from '../../main/ggml/api.ts'
import type { Device } from '../../main/ggml/device.ts'
import { librariesFolder, loadGgml } from '../../main/ggml/library.ts'
import { openDevice } from '../../main/ggml/open.ts'

const DRIVERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']

/** Is there a Vulkan driver, and ggml's library for it? Names the software driver to ggml where there is no other. */
export function vulkanThere(): boolean {
  try {
    librariesFolder('vulkan')
  } catch {
    return false
  }
  const drivers = DRIVERS.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder))
  if (!software()) return drivers.length > 0
  // Without this number ggml passes software drivers over; with it and no driver at all it would end the process.
  if (!drivers.some((name) => name.startsWith('lvp'))) return false
  process.env.GGML_VK_VISIBLE_DEVICES ??= '0'
  return true
}

const software = (): boolean => !existsSync('/dev/dri')

/**
 * A Vulkan device, or null where there is no driver or no library for it. Call it before anything else in the process
 * loads ggml.
 */
export function vulkanDevice(): Device | null {
  if (!vulkanThere()) return null
  try {
    const ggml = loadGgml('vulkan')
    if (software()) keepMemory(ggml)
    return openDevice({ variant: 'vulkan', threads: 1 })
  } catch (error) {
    if (error instanceof IdiolectError && error.name === 'NoDevice') return null
    throw error
  }
}

/**
 * Mesa 22's lavapipe (Debian 12) reads descriptors of buffers that are freed already, which spoils the heap. Here
 * nothing is freed: a fresh allocator and scheduler a graph, which tests on small tensors can afford.
 */
function keepMemory(ggml: Ggml): void {
  const real = { ...ggml }
  const kinds = new Map<Pointer, Pointer>()
  const schedulers = new Map<Pointer, { make: () => Pointer; now: Pointer }>()
  const current = (s: Pointer): Pointer => schedulers.get(s)?.now ?? s
  Object.assign(ggml, {
    bufferFree: () => {},
    backendFree: () => {},
    gallocrFree: () => {},
    gallocrNew(kind: Pointer) {
      const made = real.gallocrNew(kind)
      kinds.set(made, kind)
      return made
    },
    gallocrAllocGraph: (allocator: Pointer, graph: Pointer) =>
      real.gallocrAllocGraph(real.gallocrNew(kinds.get(allocator) as Pointer), graph),
    schedFree: () => {},
    schedNew(...given: Parameters<Ggml['schedNew']>) {
      const make = (): Pointer => real.schedNew(...given)
      const now = make()
      schedulers.set(now, { make, now })
      return now
    },
    schedReset(s: Pointer) {
      const kept = schedulers.get(s)
      if (kept) kept.now = kept.make()
    },
    schedAllocGraph: (s: Pointer, graph: Pointer) => real.schedAllocGraph(current(s), graph),
    schedGraphCompute: (s: Pointer, graph: Pointer) => real.schedGraphCompute(current(s), graph),
    schedSplits: (s: Pointer) => real.schedSplits(current(s)),
  } satisfies Partial<Ggml>)
}

/** Two CPUs, the first in the part of a GPU: graphs with an operation that it lacks go through ggml's scheduler. */
export function cpuPair(): { cpu: Device; pair: Device } {
  const cpu = openDevice({ threads: 1 })
  const { backend } = openDevice({ threads: 1 })
  return { cpu, pair: { ...cpu, fallback: backend, supports: () => true } }
}
