/** Runs our own training as the app does: a run folder, a worker process, a voice. */
import { rmSync } from 'node:fs'
import { sha256OfFile } from '../../main/catalog/files.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { createRun, keptChoice, voiceFile } from '../../main/trainer/run-folder.ts'
import type { StepRecord, TokenExample, TrainResult, TrainSettings } from '../../main/trainer/types.ts'

export interface OurJob {
  /** Run folder; made anew. */
  folder: string
  base: string
  settings: TrainSettings
  train: TokenExample[]
  validation?: TokenExample[]
  /** The sitting ends after so many steps; then there is no voice. */
  steps?: number
  /** Bytes that the worker may take. */
  memoryCap?: number
}

export interface OurResult {
  /** From starting the worker's process to its voice on disk. */
  seconds: number
  /** Seconds of each step, and the rows that it trained on. */
  steps: { seconds: number; tokens: number }[]
  /** The worker's own: most resident bytes from its start to its end. */
  peakBytes: number
  result: TrainResult
  /** What the engine chose: weight types, rows a pack, recomputed blocks, forecast, what it measured. */
  choice: ReturnType<typeof keptChoice>
  voice: string
}

const hashes = new Map<string, Promise<string>>()
const hashOf = (file: string): Promise<string> => {
  const known = hashes.get(file) ?? sha256OfFile(file)
  hashes.set(file, known)
  return known
}

export async function trainOurs(job: OurJob): Promise<OurResult> {
  rmSync(job.folder, { recursive: true, force: true })
  const { train, validation = [], settings } = job
  const kept = job.steps === undefined ? train : train.slice(0, job.steps * settings.batch)
  createRun(
    job.folder,
    {
      version: 1,
      run: 'bench',
      createdAt: new Date().toISOString(),
      base: {
        id: 'bench',
        file: job.base,
        sha256: await hashOf(job.base),
        architecture: readGguf(job.base).string('general.architecture'),
      },
      settings,
      examples: { train: kept.length, validation: validation.length },
      about: { name: 'Bench' },
    },
    kept,
    validation,
  )
  const records: StepRecord[] = []
  const began = performance.now()
  const training = startTraining(job.folder, {
    onStep: (record) => records.push(record),
    ...(job.memoryCap === undefined ? {} : { memoryCap: job.memoryCap }),
  })
  const stop = (): void => void (training.pid && process.kill(training.pid, 'SIGKILL'))
  process.once('exit', stop)
  try {
    const result = await training.done
    return {
      seconds: (performance.now() - began) / 1000,
      steps: records.map(({ tokens, tokensPerSecond }) => ({ seconds: tokens / tokensPerSecond, tokens })),
      peakBytes: result.peakMemoryBytes,
      result,
      choice: keptChoice(job.folder),
      voice: voiceFile(job.folder),
    }
  } finally {
    process.off('exit', stop)
  }
}
