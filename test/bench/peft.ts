/** Runs peft_train.py: one training with Transformers + PEFT, in a process of its own. Results can be kept. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import type { Peft, PeftType } from './types.ts'

/** Settings that both engines know, named as in peft_train.py. */
export interface PeftJob {
  examples: TokenExample[]
  heldOut: TokenExample[]
  lr: number
  epochs: number
  batch: number
  rank: number
  alpha: number
  targets: string[]
  dropout: number
  warmup: number
  weightDecay: number
  clip: number
  seed: number
  threads: number
  /** Stops after so many steps; then nothing is scored. */
  steps?: number
}

export interface PeftResult {
  /** Training alone: Python's start, loading the base and scoring are not in it. */
  seconds: number
  tokens: number
  stepSeconds: number[]
  /** Most resident bytes while training. */
  peakBytes: number
  /** The same of the whole process: loading counts. */
  processPeakBytes: number
  /** Nats per held-out answer token, by PEFT itself; null when nothing was scored. */
  before: number | null
  after: number | null
  /** Folder with the adapter, or null. */
  adapter: string | null
  /** When it was trained. */
  at: string
  /** It was read from an earlier run of the bench. */
  kept: boolean
}

const PROBE =
  'import torch,transformers,peft;print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")'

/** The first Python of those that has what is needed, or null and why the one that was asked for does not do. */
export async function findPeft(
  wanted: string | undefined,
  type: PeftType = 'bf16',
): Promise<{ peft: Peft | null; why: string }> {
  const python = wanted ?? 'python3'
  try {
    const { output } = await runPython(python, ['-c', PROBE], {})
    return { peft: { python, versions: output.trim(), type }, why: '' }
  } catch (error) {
    const [last = ''] = String(error instanceof Error ? error.message : error)
      .trim()
      .split('\n')
      .slice(-1)
    return { peft: null, why: `${python}: ${last}` }
  }
}

/** One training, or its kept result when the same job was done before on this base and `fresh` is not asked for. */
export async function trainPeft(
  peft: Peft,
  base: string,
  job: PeftJob,
  options: { keepIn?: string; fresh?: boolean; say?: (line: string) => void } = {},
): Promise<PeftResult> {
  const folder = options.keepIn === undefined ? null : path.join(options.keepIn, keyOf(peft, base, job))
  const resultFile = folder === null ? null : path.join(folder, 'result.json')
  if (resultFile !== null && !options.fresh && existsSync(resultFile)) {
    return { ...(JSON.parse(readFileSync(resultFile, 'utf8')) as PeftResult), kept: true }
  }
  const work = folder ?? path.join(projectFolder(), '.idiolect', 'bench')
  mkdirSync(work, { recursive: true })
  const jobFile = path.join(work, `job-${process.pid}.json`)
  const adapter = folder === null ? null : path.join(folder, 'adapter')
  writeFileSync(jobFile, JSON.stringify({ ...asPython(job, adapter), type: peft.type }))
  const script = path.join(projectFolder(), 'test', 'bench', 'peft_train.py')
  const env = { OMP_NUM_THREADS: String(job.threads) }
  const { output } = await runPython(peft.python, [script, base, jobFile], env, options.say).finally(() =>
    rmSync(jobFile, { force: true }),
  )
  const answer = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Omit<PeftResult, 'adapter' | 'at' | 'kept'>
  const result: PeftResult = { ...answer, adapter, at: new Date().toISOString(), kept: false }
  if (resultFile !== null) {
    writeFileSync(`${resultFile}.part`, JSON.stringify(result))
    renameSync(`${resultFile}.part`, resultFile)
  }
  return result
}

function asPython(job: PeftJob, adapter: string | null): Record<string, unknown> {
  const { examples, heldOut, weightDecay, ...same } = job
  const plain = (example: TokenExample): unknown => ({
    tokens: Array.from(example.tokens),
    answer_from: example.answerFrom,
  })
  return {
    ...same,
    weight_decay: weightDecay,
    examples: examples.map(plain),
    held_out: heldOut.map(plain),
    ...(adapter === null ? {} : { save: adapter }),
  }
}

/** The same job on the same file by the same versions on as many threads gives the same key. */
function keyOf(peft: Peft, base: string, job: PeftJob): string {
  const hash = createHash('sha256')
  const { size } = statSync(base)
  hash.update(
    JSON.stringify([
      peft.versions,
      path.basename(base),
      size,
      asPython(job, null),
      ...(peft.type === 'bf16' ? [] : [peft.type]),
    ]),
  )
  return hash.digest('hex').slice(0, 20)
}

function runPython(
  python: string,
  args: string[],
  env: Record<string, string>,
  say: (line: string) => void = () => {},
): Promise<{ output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const stop = (): void => void child.kill('SIGKILL')
    process.once('exit', stop)
    let output = ''
    let errors = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      errors = (errors + data.toString()).slice(-4000)
      for (const line of data.toString().split('\n')) if (line.startsWith('step ')) say(line)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.off('exit', stop)
      if (code === 0) resolve({ output })
      else reject(new Error(`${path.basename(python)} ended with ${signal ?? code}: ${errors.trim()}`))
    })
  })
}
