/**
 * ggml's tensor types as they stand in a GGUF file: id, elements in a block, bytes of a block. Ids and sizes are those
 * of the ggml release that node-llama-cpp carries; a test asks that library itself.
 */

export interface GgmlType {
  id: number
  name: string
  /** Elements in one block; a row's length must be a multiple of it. */
  block: number
  /** Bytes of one block. */
  bytes: number
}

const TABLE = [
  [0, 'F32', 1, 4],
  [1, 'F16', 1, 2],
  [2, 'Q4_0', 32, 18],
  [3, 'Q4_1', 32, 20],
  [6, 'Q5_0', 32, 22],
  [7, 'Q5_1', 32, 24],
  [8, 'Q8_0', 32, 34],
  [9, 'Q8_1', 32, 36],
  [10, 'Q2_K', 256, 84],
  [11, 'Q3_K', 256, 110],
  [12, 'Q4_K', 256, 144],
  [13, 'Q5_K', 256, 176],
  [14, 'Q6_K', 256, 210],
  [15, 'Q8_K', 256, 292],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [20, 'IQ4_NL', 32, 18],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [23, 'IQ4_XS', 256, 136],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [30, 'BF16', 1, 2],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
  [42, 'Q2_0', 64, 18],
] as const satisfies readonly (readonly [number, string, number, number])[]

export type GgmlTypeName = (typeof TABLE)[number][1]

export const GGML_TYPES: readonly GgmlType[] = TABLE.map(([id, name, block, bytes]) => ({ id, name, block, bytes }))

const byId = new Map(GGML_TYPES.map((type) => [type.id, type]))
const byName = new Map(GGML_TYPES.map((type) => [type.name, type]))

/** Ids that older releases wrote and ggml has given up. */
const RETIRED = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
])

/** For errors: `31 (Q4_0_4_4, which ggml has given up)`. */
export function unknownType(id: number): string {
  const retired = RETIRED.get(id)
  return retired ? `${id} (${retired}, which ggml has given up)` : String(id)
}

/** The type with this id, or undefined when ggml has none (or has given it up). */
export function ggmlType(id: number): GgmlType | undefined {
  return byId.get(id)
}

/** The type of this name, upper case (`Q4_1`). Throws on a name that ggml has not. */
export function ggmlTypeNamed(name: GgmlTypeName): GgmlType {
  const type = byName.get(name)
  if (type === undefined) throw new Error(`ggml has no type ${name}`)
  return type
}

/** Bytes of a tensor of this type and shape (fastest dimension first), or null when a row is not whole blocks. */
export function tensorBytes(type: GgmlType, shape: readonly number[]): number | null {
  const row = shape[0] ?? 1
  if (row % type.block !== 0) return null
  return shape.slice(1).reduce((bytes, n) => bytes * n, (row / type.block) * type.bytes)
}
