/** Floats to any of ggml's types, by ggml's own quantizer out of the libraries that node-llama-cpp carries. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import koffi from 'koffi'
import { projectFolder } from '../../main/entries.ts'
import { prepareCalls } from '../../main/ggml/api.ts'
import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from '../../main/gguf/types.ts'

const SYSTEMS: Partial<Record<NodeJS.Platform, [packages: string, library: string]>> = {
  linux: ['linux', 'libggml-base.so'],
  darwin: ['mac', 'libggml-base.dylib'],
  win32: ['win', 'ggml-base.dll'],
}

/** Absolute path of the ggml-base library for this machine. */
export function ggmlBaseLibrary(): string {
  const [system, library] = SYSTEMS[process.platform] ?? ['', '']
  const packages = path.join(projectFolder(), 'node_modules', '@node-llama-cpp')
  for (const name of readdirSync(packages).filter((each) => each.startsWith(`${system}-${process.arch}`))) {
    const bins = path.join(packages, name, 'bins')
    for (const folder of existsSync(bins) ? readdirSync(bins) : []) {
      const file = path.join(bins, folder, library)
      if (existsSync(file)) return file
    }
  }
  throw new Error(`${library} for ${process.platform} ${process.arch} is not in ${packages}`)
}

/** What llama.cpp's quantizing tool takes where a row is no whole number of blocks (`llama_tensor_get_type`). */
const INSTEAD: Partial<Record<GgmlTypeName, GgmlTypeName>> = {
  Q2_K: 'IQ4_NL',
  Q3_K: 'IQ4_NL',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
}

/** The type that a matrix with rows of `row` elements gets in a file of this quantization. */
export function typeFor(wanted: GgmlTypeName, row: number): GgmlTypeName {
  if (row % ggmlTypeNamed(wanted).block === 0) return wanted
  const instead = INSTEAD[wanted]
  return instead !== undefined && row % ggmlTypeNamed(instead).block === 0 ? instead : 'F16'
}

type Chunk = (type: number, from: Float32Array, to: Buffer, start: number, rows: number, row: number, m: null) => number
let chunk: Chunk | undefined

/** `values`, rows of `row` elements, as the bytes of a tensor of this type. */
export function quantize(type: GgmlTypeName, values: Float32Array, row: number): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (!chunk) {
    prepareCalls()
    chunk = koffi
      .load(ggmlBaseLibrary())
      .func('size_t ggml_quantize_chunk(int, const float*, void*, int64_t, int64_t, int64_t, const float*)') as Chunk
  }
  const rows = values.length / row
  const bytes = tensorBytes(ggmlTypeNamed(type), [row, rows])
  if (bytes === null || !Number.isInteger(rows)) throw new Error(`${type} does not take rows of ${row} elements`)
  const out = Buffer.alloc(bytes)
  const written = Number(chunk(ggmlTypeNamed(type).id, values, out, 0, rows, row, null))
  if (written !== bytes) throw new Error(`ggml wrote ${written} bytes of ${bytes} for ${type}`)
  return out
}
