/** One training pass of two short texts on a tiny model, with weights of the adapter that are alike in every call. */
import type { Device } from '../../main/ggml/device.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine, type EngineOptions } from '../../main/model/engine.ts'
import type { TargetName } from '../../main/model/tensors.ts'
import { normals, seeded } from './random.ts'

const random = seeded(5)
const example = (length: number, answer: number) => ({
  tokens: Int32Array.from({ length }, () => Math.floor(random() * 300)),
  answerFrom: length - answer,
})
const batch = pack([example(40, 20), example(25, 7)])

/** The loss, the whole gradient, and the bytes that the engine took on the device. */
export async function gradientOf(
  device: Device,
  file: string,
  options: Pick<EngineOptions, 'weightType' | 'productType'> & { targets: readonly TargetName[] },
) {
  const { targets, ...forms } = options
  using engine = new Engine(device, readGguf(file), {
    ...forms,
    capacity: 96,
    lora: { rank: 4, alpha: 8, targets: [...targets] },
  })
  const stream = seeded(9)
  for (const pair of engine.lora?.pairs ?? []) {
    const values = (length: number): Float32Array => normals(stream, length, 0.05)
    engine.lora?.write(pair, { a: values(pair.inputs * 4), b: values(pair.outputs * 4) })
  }
  const loss = await engine.trainPack(batch)
  const gradient = Float32Array.from(engine.takeGradient(27).flatMap(({ a, b }) => [...a, ...b]))
  return { loss, gradient, bytes: engine.bytes }
}
