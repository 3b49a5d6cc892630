/** Opens a device, and shows by a product and a view that libraries, structs and prototypes agree with this program. */
import { IdiolectError } from '../errors.ts'
import { callProc, type Ggml, makeView, NULL, type Pointer, pointerArray, viewSource } from './api.ts'
import type { Device } from './device.ts'
import { Graph } from './graph.ts'
import { loadGgml, type Variant } from './library.ts'
import { Storage } from './storage.ts'
import { TYPE } from './types.ts'

/** `GGML_BACKEND_DEVICE_TYPE_*`. */
const CPU = 0
const GPUS: readonly number[] = [1, 2]

/** The first device of a kind in the libraries of a variant, or null. */
function findDevice(ggml: Ggml, kind: Variant): Pointer | null {
  const devices = Array.from({ length: ggml.devCount() }, (_, i) => ggml.devGet(i))
  const wanted = (type: number): boolean => (kind === 'cpu' ? type === CPU : GPUS.includes(type))
  return devices.find((dev) => wanted(ggml.devType(dev))) ?? null
}

function initialize(ggml: Ggml, dev: Pointer): Pointer {
  const backend = ggml.devInit(dev, null)
  if (!backend) throw new IdiolectError('NoDevice', `the device ${ggml.devName(dev)} could not be opened`, null)
  return backend
}

/**
 * Opens the CPU, or with another variant the first device of that kind.
 * @throws IdiolectError `NoDevice` when the variant's libraries find none, `WrongEngine` when the self-test fails
 */
export function openDevice(options: { variant?: Variant; threads: number }): Device {
  const kind = options.variant ?? 'cpu'
  const ggml = loadGgml(kind)
  const dev = findDevice(ggml, kind)
  const cpu = findDevice(ggml, 'cpu')
  if (dev === null || cpu === null) {
    throw new IdiolectError(
      'NoDevice',
      `no ${kind} device was found (${ggml.devCount()} devices in all)`,
      'Run `idiolect doctor`, which lists the devices there are.',
    )
  }
  const backend = initialize(ggml, dev)
  const fallback = kind === 'cpu' ? null : initialize(ggml, cpu)
  const setThreads = ggml.regProcAddress(ggml.devReg(cpu), 'ggml_backend_set_n_threads')
  const extra = ggml.regProcAddress(ggml.devReg(dev), 'ggml_backend_dev_get_extra_bufts')
  const list = extra ? callProc<Pointer>(extra, 'void* ggml_dev_get_extra_bufts(void* dev)', dev) : NULL
  const shared = {
    ggml,
    kind,
    name: ggml.devName(dev),
    description: ggml.devDescription(dev),
    buffers: ggml.backendDefaultBufferType(backend),
    extraBuffers: new Map((list ? pointerArray(list) : []).map((buft) => [ggml.buftName(buft), buft])),
    supports: fallback === null ? null : (node: Pointer) => ggml.devSupportsOp(dev, node),
    computes: (node: Pointer) => ggml.devSupportsOp(dev, node),
    memory() {
      const free: [number] = [0]
      const total: [number] = [0]
      ggml.devMemory(dev, free, total)
      return { free: Number(free[0]), total: Number(total[0]) }
    },
    beside(threads: number): Device {
      if (fallback !== null) throw new Error('a GPU computes one graph at a time')
      return { ...withBackend(initialize(ggml, dev), threads), aside: true }
    },
  }
  const withBackend = (own: Pointer, threads: number): Device => {
    const device: Device = {
      ...shared,
      backend: own,
      fallback,
      setThreads(threads) {
        if (setThreads) callProc(setThreads, 'void ggml_set_n_threads(void* backend, int n)', fallback ?? own, threads)
      },
      free() {
        ggml.backendFree(own)
        if (fallback !== null) ggml.backendFree(fallback)
      },
    }
    device.setThreads(threads)
    return device
  }
  const device = withBackend(backend, options.threads)
  try {
    if (fallback !== null) checkViews(ggml)
    selfTest(device)
  } catch (error) {
    device.free()
    throw error
  }
  return device
}

/** Proof that a tensor's source as a view stands where `api.ts` says. */
function checkViews(ggml: Ggml): void {
  const context = ggml.init({ mem_size: ggml.tensorOverhead() * 8, mem_buffer: null, no_alloc: true })
  const a = ggml.newTensor4d(context, TYPE.F32, 4, 1, 1, 1)
  const view = ggml.view4d(context, a, 2, 1, 1, 1, 8, 8, 8, 0)
  const sum = ggml.add(context, a, a)
  makeView(sum, a)
  const found = [viewSource(a), viewSource(view), viewSource(sum)]
  ggml.free(context)
  if (found[0] !== NULL || found[1] !== a || found[2] !== a) {
    throw new IdiolectError('WrongEngine', "a tensor's fields are not where they were expected", null)
  }
}

/** A 2x2 product against its known answer: proof that prototypes, structs and device agree with this program. */
function selfTest(device: Device): void {
  using storage = new Storage(device)
  const a = storage.tensor(TYPE.F32, [2, 2])
  const b = storage.tensor(TYPE.F32, [2, 2])
  storage.allocate()
  storage.set(a, Float32Array.of(1, 2, 3, 4))
  storage.set(b, Float32Array.of(5, 6, 7, 8))
  using graph = new Graph(device, 16)
  const product = graph.output(graph.mulMat(a, b))
  graph.compute()
  const found = [...storage.get(product)]
  const wanted = [17, 39, 23, 53]
  if (found.some((value, i) => Math.abs(value - (wanted[i] as number)) > 0.1)) {
    throw new IdiolectError(
      'WrongEngine',
      `a product came out as ${found.join(' ')} instead of ${wanted.join(' ')}`,
      null,
    )
  }
}
