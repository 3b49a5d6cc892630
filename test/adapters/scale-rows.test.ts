/** Rows times factors in every carried type, against ggml's own decoding; and 16-bit numbers, all of them. */
import koffi from 'koffi'
import { describe, expect, it } from 'vitest'
import { checkScalable, scaleRows } from '../../main/adapters/scale-rows.ts'
import { bf16ToFloat, floatToBf16, floatToHalf, halfToFloat } from '../../main/gguf/half.ts'
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { QUANTIZATIONS } from '../../main/model/quantizations.ts'
import { dequantize } from '../helpers/dequantize.ts'
import { ggmlBaseLibrary, quantize } from '../helpers/quantize.ts'
import { normals, seeded } from '../helpers/random.ts'

const ROW = 512
const FACTORS = Float32Array.of(1, 1.37, -0.6, 0, 0.998, 12)
/** How far a row may be from the exact product, over its largest number. */
const BOUND: Partial<Record<GgmlTypeName, number>> = { F32: 1e-7, F16: 2 ** -11, BF16: 2 ** -8 }

describe('scaleRows', () => {
  it.each(QUANTIZATIONS as readonly GgmlTypeName[])('multiplies %s as close as its own scales allow', (type) => {
    const values = normals(seeded(4), ROW * FACTORS.length, 1)
    const bytes = Buffer.from(quantize(type, values, ROW))
    const before = dequantize(type, bytes)
    const rows = Buffer.from(bytes)
    scaleRows(type, rows, FACTORS)
    const after = dequantize(type, rows)
    FACTORS.forEach((factor, row) => {
      const part = (a: Float32Array): Float32Array => a.subarray(row * ROW, (row + 1) * ROW)
      if (factor === 1) expect(part(after)).toEqual(part(before))
      const largest = Math.max(...part(before).map((value) => Math.abs(value * factor)))
      const off = Math.max(...part(before).map((value, i) => Math.abs(value * factor - (part(after)[i] as number))))
      // A K type's number is scale × small number − minimum × small number: both roundings may add up.
      expect(off, `factor ${factor}`).toBeLessThanOrEqual((BOUND[type] ?? 2 ** -9) * largest)
    })
  })

  it('refuses types whose scales are no F16, by name', () => {
    for (const type of ['MXFP4', 'TQ1_0', 'IQ2_XS', 'IQ1_M']) {
      expect(() => checkScalable('blk.0.attn_k.weight', type)).toThrow(new RegExp(`attn_k.weight is of type ${type}`))
    }
    expect(() => checkScalable('blk.0.attn_k.weight', 'Q4_K')).not.toThrow()
  })
})

describe('16-bit numbers', () => {
  it('go to F32 and back unchanged, all of them', () => {
    const all = Array.from({ length: 65536 }, (_, bits) => bits)
    const changed = (there: (bits: number) => number, back: (value: number) => number): number[] =>
      all.filter((bits) => !Number.isNaN(there(bits)) && back(there(bits)) !== bits)
    expect(changed(halfToFloat, floatToHalf)).toEqual([])
    expect(changed(bf16ToFloat, floatToBf16)).toEqual([])
  })

  it('are rounded as ggml rounds them', () => {
    const rows = koffi
      .load(ggmlBaseLibrary())
      .func('void ggml_fp32_to_fp16_row(const float* x, _Out_ uint16_t* y, int64_t n)')
    const random = seeded(9)
    const values = Float32Array.from({ length: 20_000 }, () => {
      const size = 2 ** (random() * 46 - 28)
      return (random() - 0.5) * size
    })
    // Ties, the edges of the subnormal numbers and of what F16 can hold.
    values.set([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 2 ** -14, 65504, 65519, 65520, -0])
    const wanted = new Uint16Array(values.length)
    rows(values, wanted, values.length)
    expect(Uint16Array.from(values, floatToHalf)).toEqual(wanted)
    expect(Number.isNaN(halfToFloat(floatToHalf(Number.NaN)))).toBe(true)
    expect(Number.isNaN(bf16ToFloat(floatToBf16(Number.NaN)))).toBe(true)
  })
})
