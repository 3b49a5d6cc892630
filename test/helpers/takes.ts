import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE, type TypeName } from '../../main/ggml/types.ts'

/** Does this processor's library keep matrices of this type in such a layout? */
export function takes(device: Device, buffers: string, type: TypeName): boolean {
  const kind = device.extraBuffers.get(buffers)
  if (kind === undefined) return false
  using weights = new Storage(device, kind, 1)
  using storage = new Storage(device)
  const w = weights.tensor(TYPE[type], [256, 64])
  const x = storage.tensor(TYPE.F32, [256, 8])
  weights.allocate()
  storage.allocate()
  using graph = new Graph(device, 16)
  return device.computes(graph.mulMat(w, x).ptr)
}
