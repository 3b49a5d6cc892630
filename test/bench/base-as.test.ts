import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { quantize, typeFor } from '../helpers/quantize.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { writeBaseAs } from './base-as.ts'

const root = temporaryFolder()

describe('a base in another quantization', () => {
  it('takes the types that rows allow', () => {
    expect(typeFor('Q4_K', 1536)).toBe('Q4_K')
    expect(typeFor('Q4_K', 576)).toBe('Q5_0')
    expect(typeFor('Q6_K', 576)).toBe('Q8_0')
    expect(typeFor('Q4_0', 576)).toBe('Q4_0')
    expect(typeFor('Q4_K', 40)).toBe('F16')
  })

  it('has the same values in that type, from a quantized file too', () => {
    const [f32, q8, back] = ['f32', 'q8', 'back'].map((name) => path.join(root, `${name}.gguf`)) as [
      string,
      string,
      string,
    ]
    writeTinyModel(f32, { seed: 4 })
    writeBaseAs(f32, 'Q8_0', q8)
    const [source, written] = [readGguf(f32), readGguf(q8)]
    expect([...written.tensors.keys()]).toEqual([...source.tensors.keys()])
    const name = 'blk.1.attn_q.weight'
    const bytes = readTensor(source, name)
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    expect(readTensor(written, name).equals(quantize('Q8_0', values, 64))).toBe(true)
    expect(written.tensor('blk.1.attn_norm.weight').typeName).toBe('F32')

    writeBaseAs(q8, 'F16', back)
    const again = readGguf(back)
    expect(again.tensor(name).typeName).toBe('F16')
    expect(again.tensor('token_embd.weight').typeName).toBe('F16')
    // Rounded to 8 bits and read back, the largest of each block of 32 stands to half a step of 127.
    const halves = readTensor(again, name)
    const first = halfToFloat(halves.readUInt16LE(0))
    const most = Math.max(...values.subarray(0, 32).map(Math.abs))
    expect(Math.abs(first - (values[0] as number))).toBeLessThan(most / 127)
  })
})

function halfToFloat(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits >> 15 ? -size : size
}
