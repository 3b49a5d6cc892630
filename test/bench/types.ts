/** What every part of the bench is given and what it gives back. */
import type { GgmlTypeName } from '../../main/gguf/types.ts'

/** A Python that has PyTorch, Transformers and PEFT. */
export interface Peft {
  python: string
  /** e.g. `torch 2.13.0, transformers 5.23.0, peft 0.21.2`. */
  versions: string
  /** What it computes in: bf16 as people run it, f32 where a processor has no products in bf16 and is faster without. */
  type: PeftType
}

export const PEFT_TYPES = ['bf16', 'f32'] as const
export type PeftType = (typeof PEFT_TYPES)[number]

export interface BenchOptions {
  /** Threads of both engines; physical cores at most. */
  threads: number
  /** Seconds instead of minutes: shows that a part works; its figures mean nothing. */
  quick: boolean
  /** The base's GGUF. */
  base: string
  /** Of oppu: the base's numbers are held in this type; null: as in its file. */
  as: GgmlTypeName | null
  /** Folder with headline.json and prose.json, or null where there is none. */
  data: string | null
  /** Of the quality bench, by any part of their ids; of oppu its tasks; all when none is named. */
  people: string[]
  /** PEFT's learning rates in the quality part. */
  rates: number[]
  /** Null: no PEFT here, our figures stand alone. */
  peft: Peft | null
  /** Trains PEFT again even where an earlier result is kept. */
  fresh: boolean
  /** Folder for results, run folders and kept PEFT results. */
  out: string
  say: (line: string) => void
}

export interface Table {
  title: string
  head: string[]
  rows: string[][]
  /** One sentence each, printed below. */
  notes: string[]
}

/** One bar held against a measurement. */
export interface Bar {
  bar: string
  wanted: string
  measured: string
  /** Null: not measured here. */
  met: boolean | null
}

export interface PartResult {
  tables: Table[]
  bars: Bar[]
  /** Everything measured, for the JSON file. */
  data: unknown
}

/** What stands in a ratio's column where there is nothing to compare with. */
export const NO_PEFT = 'no PEFT here'
