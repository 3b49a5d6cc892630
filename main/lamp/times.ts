/** Seconds that a run took, kept as they accrue, so that a kill loses a few and a later run adds its own. */
import path from 'node:path'
import { z } from 'zod'
import { appendLines, readLines } from '../lines.ts'

const line = z.object({
  /** Of training: the adapter's name (`voice`, `task+voice`, ...); else the method's. */
  what: z.string(),
  stage: z.enum(['training', 'scoring', 'generating']),
  seconds: z.number(),
})
export type TimeLine = z.infer<typeof line>
export type Stage = TimeLine['stage']

const fileOf = (folder: string): string => path.join(folder, 'times.jsonl')

/** Seconds between two notes while something long goes on. */
const NOTED = 15

/**
 * Runs `work` and notes its seconds under `folder`, every few seconds and at its end, whatever that is.
 * @param work may `turn` to another stage, in which the seconds from then on are counted
 */
export async function timed<T>(
  folder: string,
  what: string,
  first: Stage,
  work: (turn: (stage: Stage) => void) => Promise<T>,
): Promise<T> {
  let since = performance.now()
  let stage = first
  const note = (): void => {
    const now = performance.now()
    appendLines(fileOf(folder), [{ what, stage, seconds: (now - since) / 1000 }])
    since = now
  }
  const timer = setInterval(note, NOTED * 1000)
  timer.unref()
  try {
    return await work((next) => {
      note()
      stage = next
    })
  } finally {
    clearInterval(timer)
    note()
  }
}

/** Seconds by `stage` and what it was for. */
export function readTimes(folder: string): Record<Stage, Map<string, number>> {
  const sums: Record<Stage, Map<string, number>> = { training: new Map(), scoring: new Map(), generating: new Map() }
  for (const { what, stage, seconds } of readLines(fileOf(folder), line)) {
    sums[stage].set(what, (sums[stage].get(what) ?? 0) + seconds)
  }
  return sums
}
