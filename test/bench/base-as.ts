/** The same base in another quantization: what a user would download, made here by ggml's own quantizer. */
import { existsSync } from 'node:fs'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { Storage } from '../../main/ggml/storage.ts'
import type { TypeNumber } from '../../main/ggml/types.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { type GgufFile, type GgufTensor, readGguf, readTensor } from '../../main/gguf/read.ts'
import { type GgmlTypeName, ggmlTypeNamed } from '../../main/gguf/types.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { quantize, typeFor } from '../helpers/quantize.ts'

/**
 * Writes `from`'s matrices as `wanted` to `to`, unless the file is there; vectors stay as they are. The token embedding,
 * which serves as the output too where there is none, is Q8_0 in files of fewer bits.
 */
export function writeBaseAs(from: string, wanted: GgmlTypeName, to: string): void {
  if (existsSync(to)) return
  const gguf = readGguf(from)
  const device = openDevice({ threads: 1 })
  try {
    writeGguf(to, {
      metadata: gguf.metadata,
      tensors: [...gguf.tensors.values()].map((tensor) => {
        const { name, shape, typeName } = tensor
        if (shape.length < 2) return { name, shape, type: typeName as GgmlTypeName, data: readTensor(gguf, name) }
        const row = shape[0] as number
        const small = name === 'token_embd.weight' && ggmlTypeNamed(wanted).id !== TYPE.F16
        const type = typeFor(small ? 'Q8_0' : wanted, row)
        return { name, shape, type, data: (append) => append(quantize(type, floats(device, gguf, tensor), row)) }
      }),
    })
  } finally {
    device.free()
  }
}

/** A matrix's values, as the device reads its rows. */
function floats(device: Device, gguf: GgufFile, { name, shape, type }: GgufTensor): Float32Array {
  const [k, m] = shape as [number, number]
  using storage = new Storage(device, device.buffers, 4)
  const weights = storage.tensor(type as TypeNumber, [k, m])
  const rows = storage.tensor(TYPE.I32, [m])
  storage.allocate()
  storage.set(weights, readTensor(gguf, name))
  storage.set(
    rows,
    Int32Array.from({ length: m }, (_, i) => i),
  )
  using graph = new Graph(device, 16)
  const values = graph.output(graph.getRows(weights, rows))
  graph.compute()
  return storage.get(values)
}
