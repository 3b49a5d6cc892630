/** An F32 GGUF again with other types, tensor by tensor, as llama.cpp's own quantizing tool would write it. */

import { type GgufTensor, readGguf, readTensor } from '../../main/gguf/read.ts'
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { quantize } from './quantize.ts'

/**
 * Writes `from`, whose tensors must be F32, to `to`. Vectors stay F32, as they do in every published file.
 * @param typeOf what a matrix becomes
 * @param scale what a matrix is multiplied by first; 1 when left out
 */
export function requantize(
  from: string,
  to: string,
  typeOf: (tensor: GgufTensor) => GgmlTypeName,
  scale: (tensor: GgufTensor) => number = () => 1,
): void {
  const source = readGguf(from)
  writeGguf(to, {
    metadata: source.metadata,
    tensors: [...source.tensors.values()].map((tensor) => {
      const { name, shape, typeName } = tensor
      if (typeName !== 'F32') throw new Error(`${name} is ${typeName}, only F32 can be quantized`)
      const bytes = readTensor(source, name)
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
      if (shape.length < 2) return { name, shape, type: 'F32' as const, data: values }
      const type = typeOf(tensor)
      const factor = scale(tensor)
      return {
        name,
        shape,
        type,
        data: quantize(
          type,
          values.map((value) => value * factor),
          shape[0] as number,
        ),
      }
    }),
  })
}
