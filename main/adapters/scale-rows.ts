/**
 * Rows of a weight, in any of the carried types, times a factor each, without quantizing anew: a block's value is its
 * scale times small whole numbers (plus its minimum, where the type has one), so the factor goes into scale and minimum.
 *
 * F32 rounds like any product. F16 and BF16 round each weight to their 11 or 8 bits. Quantized types keep every small
 * number and round the F16 scale and minimum of each block: a relative error of 2⁻¹¹ at most, more where a scale is
 * so small that F16 holds it in fewer bits (below 6·10⁻⁵, as K types' scales of small weights can be).
 * Layouts: the block structs of ggml-common.h of the release that node-llama-cpp brings.
 */
import { IdiolectError } from '../errors.ts'
import { bf16ToFloat, floatToBf16, floatToHalf, halfToFloat } from '../gguf/half.ts'
import { type GgmlTypeName, ggmlTypeNamed } from '../gguf/types.ts'

/** Where the F16 scale, and minimum if any, stand in a block, bytes from its beginning. */
const SCALES: Partial<Record<GgmlTypeName, readonly number[]>> = {
  F16: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ4_NL: [0],
  IQ4_XS: [0],
}

const scalable = (type: string): boolean => type === 'F32' || type === 'BF16' || type in SCALES

/** @throws IdiolectError `NotMergeable` naming weight and type when rows of this type cannot be scaled */
export function checkScalable(name: string, type: string): void {
  if (scalable(type)) return
  const types = ['F32', 'BF16', ...Object.keys(SCALES)].join(', ')
  throw new IdiolectError(
    'NotMergeable',
    `${name} is of type ${type}, whose rows cannot be scaled`,
    `Train a LoRA or a prompt instead, or take a base of the types ${types}.`,
  )
}

/** Multiplies whole rows in place; `factors` has one number a row of `rows`. */
export function scaleRows(type: GgmlTypeName, rows: Buffer, factors: Float32Array): void {
  const row = rows.length / factors.length
  const { bytes } = ggmlTypeNamed(type)
  factors.forEach((factor, i) => {
    // A factor of 1 leaves the bits as they are.
    if (factor === 1) return
    const end = (i + 1) * row
    if (type === 'F32') {
      for (let at = i * row; at < end; at += 4) rows.writeFloatLE(rows.readFloatLE(at) * factor, at)
    } else if (type === 'BF16') {
      for (let at = i * row; at < end; at += 2)
        rows.writeUInt16LE(floatToBf16(bf16ToFloat(rows.readUInt16LE(at)) * factor), at)
    } else {
      for (const place of SCALES[type] as readonly number[]) {
        for (let at = i * row + place; at < end; at += bytes)
          rows.writeUInt16LE(floatToHalf(halfToFloat(rows.readUInt16LE(at)) * factor), at)
      }
    }
  })
}
