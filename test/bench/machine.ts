/** What this machine is, for the heading of every table. */
import { readFileSync } from 'node:fs'
import os from 'node:os'

/** Instruction sets that decide how fast products are. */
const TELLING = [
  'avx2',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'amx_int8',
  'amx_bf16',
  'avx_vnni',
  'i8mm',
  'asimddp',
  'sve',
]

/** e.g. `AMD EPYC, 2 logical cores, 25.3 GB, avx2 avx512f avx512_vnni`. */
export function machineFacts(): string {
  const model = os.cpus()[0]?.model.trim() ?? os.arch()
  const sets = instructionSets()
  const facts = [model, `${os.availableParallelism()} logical cores`, `${(os.totalmem() / 1e9).toFixed(1)} GB`]
  if (sets.length > 0) facts.push(sets.join(' '))
  return facts.join(', ')
}

function instructionSets(): string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
    const found = new Set(line.trim().split(/\s+/))
    return TELLING.filter((name) => found.has(name))
  } catch {
    return []
  }
}
