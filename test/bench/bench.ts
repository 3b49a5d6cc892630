/**
 * The bench: the bars that the engine is held to, measured on this machine. This file chooses parts, prints their
 * tables and writes what they measured; each part is a file beside it and knows none of the others.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'
import { messageOf } from '../../main/errors.ts'
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { disposeLlama } from '../../main/inference/llama.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import { type PARTS, readBench } from '../../scripts/bench-options.mjs'
import { chatPart } from './chat.ts'
import { gemmPart } from './gemm.ts'
import { generationPart } from './generation-part.ts'
import { headlinePart } from './headline.ts'
import { labelsPart } from './labels.ts'
import { largePart } from './large.ts'
import { machineFacts } from './machine.ts'
import { oppuPart } from './oppu.ts'
import { findPeft } from './peft.ts'
import { qualityPart, RATES } from './quality.ts'
import { sizesPart } from './sizes.ts'
import { stepPart } from './step.ts'
import { barTable, markdown } from './table.ts'
import { type Bar, type BenchOptions, type PartResult, PEFT_TYPES, type PeftType } from './types.ts'
import { windowPart } from './window.ts'

const RUN: Record<Part, (options: BenchOptions) => Promise<PartResult>> = {
  step: stepPart,
  gemm: gemmPart,
  generation: generationPart,
  chat: chatPart,
  labels: labelsPart,
  headline: headlinePart,
  quality: qualityPart,
  table: sizesPart,
  large: largePart,
  oppu: oppuPart,
  window: windowPart,
}

type Part = (typeof PARTS)[number]

const AS_TYPES: readonly GgmlTypeName[] = ['Q4_0', 'Q8_0', 'F16']

export interface BenchRequest {
  parts: Part[]
  threads: number
  python: string | undefined
  peftType: PeftType
  base: string | null
  as: GgmlTypeName | null
  data: string
  people: string[]
  rates: number[]
  out: string
  fresh: boolean
  quick: boolean
}

/** @throws Error on an unknown part or option, or a value that does not fit */
export function parseBench(argv: string[], env: NodeJS.ProcessEnv = process.env): BenchRequest {
  const { values, parts } = readBench(argv)
  const threads = values.threads === undefined ? machineThreads().chat : Number(values.threads)
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`--threads takes a whole number, not ${values.threads}`)
  const peftType = PEFT_TYPES.find((type) => type === (values['peft-type'] ?? 'bf16'))
  if (!peftType) throw new Error(`--peft-type is one of ${PEFT_TYPES.join(', ')}, not ${values['peft-type']}`)
  const as = AS_TYPES.find((type) => type === values.as) ?? null
  if (values.as !== undefined && as === null) throw new Error(`--as is one of ${AS_TYPES.join(', ')}, not ${values.as}`)
  const from = env.INIT_CWD ?? process.cwd()
  const folder = (given: string | undefined, ...usual: string[]): string =>
    given === undefined ? path.join(projectFolder(), ...usual) : path.resolve(from, given)
  return {
    parts,
    threads,
    python: values.python ?? env.IDIOLECT_BENCH_PYTHON,
    peftType,
    base: values.base === undefined ? null : path.resolve(from, values.base),
    as,
    data: folder(values.data, '..', 'shared', 'data', 'lamp'),
    people: values.people?.split(',').filter((part) => part !== '') ?? [],
    rates: values.rates?.split(',').map(Number) ?? RATES,
    out: folder(values.out, '.idiolect', 'bench'),
    fresh: values.fresh,
    quick: values.quick,
  }
}

/**
 * Runs the parts that are asked for, prints their tables on stdout, and writes `<part>.json` and `bench.md`.
 * @param starter the starter model's file, used when the request names no base
 * @returns whether every part could be run
 */
export async function bench(request: BenchRequest, starter: string, say: (line: string) => void): Promise<boolean> {
  const { peft, why } = await findPeft(request.python, request.peftType)
  if (!peft) say(`No PEFT to compare with (${why}).`)
  const { parts, python: _, peftType: __, base, data, ...same } = request
  const options: BenchOptions = {
    ...same,
    base: base ?? starter,
    data: existsSync(path.join(data, 'headline.json')) ? data : null,
    peft,
    say,
  }
  mkdirSync(request.out, { recursive: true })
  const machine = machineFacts()
  const written = [`# Bench: ${machine}`]
  const bars: Bar[] = []
  let whole = true
  const print = (text: string): void => {
    written.push(text)
    process.stdout.write(`${text}\n\n`)
  }
  for (const part of parts) {
    const began = performance.now()
    try {
      const result = await RUN[part](options)
      bars.push(...result.bars)
      for (const table of result.tables) print(markdown(table))
      const facts = { machine, date: new Date().toISOString(), threads: options.threads, quick: options.quick }
      writeFileSync(path.join(request.out, `${part}.json`), `${JSON.stringify({ ...facts, ...result }, null, 1)}\n`)
    } catch (error) {
      whole = false
      print(`### ${part}\n\ncould not be measured: ${messageOf(error)}`)
    }
    say(`${part}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  if (bars.length > 0) print(markdown(barTable(bars)))
  writeFileSync(path.join(request.out, 'bench.md'), `${written.join('\n\n')}\n`)
  await disposeLlama()
  return whole
}
