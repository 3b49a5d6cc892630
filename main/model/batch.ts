/** Examples packed side by side: no padding but to a multiple of 16, which fast F32 products ask of attention. */
import type { TokenExample } from '../trainer/types.ts'

/** Rows of a pack that belong to one example; attention never looks past them. */
export interface Segment {
  start: number
  /** A multiple of `ALIGN`; what is past the example's own tokens is seen by nobody. */
  length: number
}

export interface Pack {
  tokens: Int32Array
  positions: Int32Array
  segments: Segment[]
  /** Rows whose next token is supervised, and that token. */
  rows: Int32Array
  targets: Int32Array
  /** Tokens of the examples, without alignment. */
  used: number
}

/** The last block's output for a pack. */
export interface Output {
  /** Its rows. */
  length: number
  /** Which of them are asked for a next token, and that token. */
  rows: Int32Array
  targets: Int32Array
}

/** Rows of the pack that its last block must compute; null: all of them. */
export function readRows({ tokens, rows }: Pack): Int32Array | null {
  return rows.length > 0 && rows.length < tokens.length ? rows : null
}

export function outputOf(pack: Pack): Output {
  const { rows, targets, tokens } = pack
  if (readRows(pack) === null) return { length: tokens.length, rows, targets }
  return { length: rows.length, rows: rows.map((_, i) => i), targets }
}

export const ALIGN = 16
/** Rows of a whole pack: a multiple of this, for fast 16-bit products over rows. */
export const PACK_MULTIPLE = 32

/**
 * Rows that an example takes in a pack: its last token predicts nothing, but is carried when it is all there is.
 * @param prefix rows that an adapter puts in front of every text
 */
export function rowsOf(example: TokenExample, prefix = 0): number {
  return rowsOfTokens(example.tokens.length, prefix)
}

/** `rowsOf` an example of so many tokens. */
export function rowsOfTokens(tokens: number, prefix = 0): number {
  return Math.ceil((prefix + Math.max(1, tokens - 1)) / ALIGN) * ALIGN
}

/** Lays examples side by side; the rows of a prefix hold token 0, and come before position `prefix`. */
export function pack(examples: readonly TokenExample[], prefix = 0): Pack {
  const needed = examples.reduce((sum, example) => sum + rowsOf(example, prefix), 0)
  const size = Math.ceil(needed / PACK_MULTIPLE) * PACK_MULTIPLE
  const tokens = new Int32Array(size)
  const positions = new Int32Array(size)
  const segments: Segment[] = []
  const rows: number[] = []
  const targets: number[] = []
  let start = 0
  let used = 0
  for (const [at, example] of examples.entries()) {
    // The last one takes what the multiple leaves over.
    const length = at === examples.length - 1 ? size - start : rowsOf(example, prefix)
    const inputs = example.tokens.subarray(0, Math.max(1, example.tokens.length - 1))
    tokens.set(inputs, start + prefix)
    for (let i = 0; i < length; i++) positions[start + i] = i
    for (let i = Math.max(1, example.answerFrom); i < example.tokens.length; i++) {
      rows.push(start + prefix + i - 1)
      targets.push(example.tokens[i] as number)
    }
    segments.push({ start, length })
    start += length
    used += example.tokens.length
  }
  return { tokens, positions, segments, rows: Int32Array.from(rows), targets: Int32Array.from(targets), used }
}

/**
 * Deals examples into packs of at most `capacity` rows, the longest first into the first pack with room (first-fit
 * decreasing), so that packs are nearly full.
 * @throws Error when one example alone is larger than `capacity`
 */
export function packInto(examples: readonly TokenExample[], capacity: number, prefix = 0): TokenExample[][] {
  const bins: { room: number; examples: TokenExample[] }[] = []
  for (const example of [...examples].sort((a, b) => rowsOf(b, prefix) - rowsOf(a, prefix))) {
    const rows = rowsOf(example, prefix)
    if (rows > capacity) throw new Error(`an example of ${rows} rows does not fit a pack of ${capacity}`)
    let bin = bins.find((b) => b.room >= rows)
    if (!bin) {
      bin = { room: capacity, examples: [] }
      bins.push(bin)
    }
    bin.examples.push(example)
    bin.room -= rows
  }
  return bins.map((bin) => bin.examples)
}
