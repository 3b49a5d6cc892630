/** Metadata values of a GGUF file: what kinds there are, and short constructors for those who write a file. */

export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const

/** Index in VALUE_TYPES is the id in the file. */
export type GgufValueType = (typeof VALUE_TYPES)[number]
export type GgufElementType = Exclude<GgufValueType, 'array'>

/** 64-bit integers are numbers where a double holds them exactly, else bigints. */
export type GgufScalar = number | bigint | boolean | string

/** An array, decoded when asked for: a vocabulary of 50,000 strings costs nothing to those who don't look at it. */
export interface GgufArray {
  element: GgufElementType
  length: number
  values(): GgufScalar[]
}

export type GgufValue = { type: GgufElementType; value: GgufScalar } | { type: 'array'; value: GgufArray }

/** Bytes of a scalar of this type; 0 for strings, whose length stands before them. */
export const SCALAR_BYTES: Record<GgufElementType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 0,
  uint64: 8,
  int64: 8,
  float64: 8,
}

/** e.g. `uint32`, `array of string`. */
export function typeOf(value: GgufValue): string {
  return value.type === 'array' ? `array of ${value.value.element}` : value.type
}

export const uint32 = (value: number): GgufValue => ({ type: 'uint32', value })
export const float32 = (value: number): GgufValue => ({ type: 'float32', value })
export const text = (value: string): GgufValue => ({ type: 'string', value })
export const bool = (value: boolean): GgufValue => ({ type: 'bool', value })
export const arrayOf = (element: GgufElementType, values: GgufScalar[]): GgufValue => ({
  type: 'array',
  value: { element, length: values.length, values: () => values },
})
