/** Numbers of 16 bits: F16 (IEEE 754 binary16) and BF16 (the upper half of an F32). */

/** Every F16 as a number: looked up, since scaling a base's rows asks for millions. */
let halves: Float32Array | undefined

export function halfToFloat(half: number): number {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => decoded(bits))
  return halves[half] as number
}

function decoded(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

const word = new DataView(new ArrayBuffer(4))

/** Rounded to the nearest, ties to even; too large a number becomes infinite. */
export function floatToHalf(value: number): number {
  word.setFloat32(0, value)
  const bits = word.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 255
  const fraction = bits & 0x7fffff
  if (exponent === 255) return sign | 0x7c00 | (fraction ? 0x200 : 0)
  // Normal from 2⁻¹⁴ on: 13 bits of the fraction go. Below, one more for each power of two.
  const dropped = exponent > 112 ? 13 : 13 + 113 - exponent
  if (dropped > 24) return sign
  const whole = exponent > 112 ? ((exponent - 112) << 23) | fraction : fraction | 0x800000
  const half = whole >>> dropped
  const rest = whole & (2 ** dropped - 1)
  const tie = 2 ** (dropped - 1)
  const rounded = rest > tie || (rest === tie && (half & 1) === 1) ? half + 1 : half
  return sign | Math.min(rounded, 0x7c00)
}

export function bf16ToFloat(bits: number): number {
  word.setUint32(0, bits << 16)
  return word.getFloat32(0)
}

/** Rounded to the nearest, ties to even. */
export function floatToBf16(value: number): number {
  word.setFloat32(0, value)
  const bits = word.getUint32(0)
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 64
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}
