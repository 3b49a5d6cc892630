/** A device that computes graphs: its backend, its kinds of buffer, and what it supports. */
import { IdiolectError } from '../errors.ts'
import { callProc, type Ggml, NULL, type Pointer, pointerArray } from './api.ts'
import { Graph } from './graph.ts'
import { loadGgml, type Variant } from './library.ts'
import { Storage } from './storage.ts'
import { TYPE } from './types.ts'

/** `GGML_BACKEND_DEVICE_TYPE_*`. */
const DEVICE_CPU = 0

export interface Device {
  readonly ggml: Ggml
  readonly backend: Pointer
  /** e.g. `CPU`, `Vulkan0`. */
  readonly name: string
  readonly description: string
  /** Where activations and everything that must be read back live. */
  readonly buffers: Pointer
  /** Kinds of buffer that hold weights in a layout of their own for faster products, by name (`CPU_REPACK`, `AMX`). */
  readonly extraBuffers: Map<string, Pointer>
  setThreads(threads: number): void
  free(): void
}

/**
 * Opens the CPU, or with another variant the first device of that kind.
 * @throws IdiolectError `NoDevice` when the variant's libraries find none, `WrongEngine` when the self-test fails
 */
export function openDevice(options: { variant?: Variant; threads: number }): Device {
  const variant = options.variant ?? 'cpu'
  const ggml = loadGgml(variant)
  const devices = Array.from({ length: ggml.devCount() }, (_, i) => ggml.devGet(i))
  const dev = devices.find((d) => (ggml.devType(d) === DEVICE_CPU) === (variant === 'cpu'))
  if (dev === undefined) {
    throw new IdiolectError('NoDevice', `no ${variant} device was found (${devices.length} devices in all)`, null)
  }
  const backend = ggml.devInit(dev, null)
  if (!backend) throw new IdiolectError('NoDevice', `the device ${ggml.devName(dev)} could not be opened`, null)
  const reg = ggml.devReg(dev)
  const setThreads = ggml.regProcAddress(reg, 'ggml_backend_set_n_threads')
  const extra = ggml.regProcAddress(reg, 'ggml_backend_dev_get_extra_bufts')
  const list = extra ? callProc<Pointer>(extra, 'void* ggml_dev_get_extra_bufts(void* dev)', dev) : NULL
  const device: Device = {
    ggml,
    backend,
    name: ggml.devName(dev),
    description: ggml.devDescription(dev),
    buffers: ggml.backendDefaultBufferType(backend),
    extraBuffers: new Map((list ? pointerArray(list) : []).map((buft) => [ggml.buftName(buft), buft])),
    setThreads(threads) {
      if (setThreads) callProc(setThreads, 'void ggml_set_n_threads(void* backend, int n)', backend, threads)
    },
    free: () => ggml.backendFree(backend),
  }
  device.setThreads(options.threads)
  selfTest(device)
  return device
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
