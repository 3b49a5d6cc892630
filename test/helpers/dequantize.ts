/** Bytes of any of ggml's types as floats, by ggml's own decoding out of the libraries that node-llama-cpp carries. */
import koffi from 'koffi'
import { prepareCalls } from '../../main/ggml/api.ts'
import { type GgmlTypeName, ggmlTypeNamed } from '../../main/gguf/types.ts'
import { ggmlBaseLibrary } from './quantize.ts'

type Traits = (type: number) => unknown
let known: { traitsOf: Traits; toFloat: ReturnType<typeof koffi.proto> } | undefined

function library(): NonNullable<typeof known> {
  if (known) return known
  koffi.struct('type_traits_to_dequantize', {
    name: 'const char*',
    block: 'int64_t',
    interleave: 'int64_t',
    bytes: 'size_t',
    quantized: 'bool',
    toFloat: 'void*',
  })
  prepareCalls()
  known = {
    traitsOf: koffi
      .load(ggmlBaseLibrary())
      .func('const type_traits_to_dequantize* ggml_get_type_traits(int)') as Traits,
    toFloat: koffi.proto('void to_float_to_dequantize(const void* x, _Out_ float* y, int64_t k)'),
  }
  return known
}

/** A tensor's bytes as its numbers. */
export function dequantize(type: GgmlTypeName, bytes: Uint8Array): Float32Array {
  if (type === 'F32') return new Float32Array(Uint8Array.from(bytes).buffer)
  const { traitsOf, toFloat } = library()
  const { id, block, bytes: size } = ggmlTypeNamed(type)
  const traits = koffi.decode(traitsOf(id), 'type_traits_to_dequantize') as { toFloat: bigint }
  const out = new Float32Array((bytes.length / size) * block)
  koffi.call(traits.toFloat, toFloat, Buffer.from(bytes), out, out.length)
  return out
}
