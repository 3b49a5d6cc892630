/** What `npm run bench` can be asked for: read before anything is set up, and by test/bench/bench.ts. Node's own modules only. */
import { readArgs, SetUpError } from './steps.mjs'

/** In the order in which they run. */
export const PARTS = [
  'step',
  'gemm',
  'generation',
  'chat',
  'labels',
  'headline',
  'quality',
  'table',
  'large',
  'oppu',
  'window',
]

export const USAGE = `npm run bench -- [parts] [options]
  parts           ${PARTS.join(' ')} (all when none is named)
  --threads N     of both engines (default: the physical cores)
  --python PATH   a Python with torch, transformers and peft (default: IDIOLECT_BENCH_PYTHON, else python3 if it has them)
  --peft-type T   what PEFT computes in: bf16 (default, as people run it), or f32 where there are no products in bf16
  --base FILE     the base model (default: the starter model)
  --as TYPE       of oppu: the base in this type, e.g. Q8_0, whose prompts many processors read much faster than Q4_1's
  --data FOLDER   with headline.json and prose.json (default: ../shared/data/lamp)
  --people A,B    of the quality part, by any part of their ids (default: all five); of oppu, which tasks
  --rates a,b     PEFT's learning rates in the quality part (default: 4e-3, 8e-3, 1.6e-2)
  --out FOLDER    for results and run folders (default: .idiolect/bench)
  --fresh         train PEFT again where an earlier result is kept
  --quick         seconds instead of minutes: shows that a part works, its figures mean nothing
  --help          this`

const text = { type: 'string' }
const flag = { type: 'boolean', default: false }
const options = {
  threads: text,
  python: text,
  'peft-type': text,
  base: text,
  as: text,
  data: text,
  people: text,
  rates: text,
  out: text,
  fresh: flag,
  quick: flag,
  help: { ...flag, short: 'h' },
}

/**
 * The options as they were given, and the parts: all when none is named.
 * @param {string[]} argv
 * @throws {SetUpError} on an unknown part or option
 */
export function readBench(argv) {
  const { values, positionals } = readArgs({ args: argv, allowPositionals: true, options }, USAGE)
  const unknown = positionals.find((part) => !PARTS.some((known) => known === part))
  if (unknown !== undefined) throw new SetUpError(`${JSON.stringify(unknown)} is no part of the bench.`, USAGE)
  return { values, parts: PARTS.filter((part) => positionals.length === 0 || positionals.includes(part)) }
}
