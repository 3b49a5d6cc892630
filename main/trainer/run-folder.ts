/** The run folder's plan, log and engine choice on disk; see `types.ts` for what stands where. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cannotWrite, makeFolder, writeAtomically } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import type { EngineChoice } from './engine-choice.ts'
import { writeExamples } from './examples-file.ts'
import type { RunPlan, StepRecord, TokenExample, TrainResult } from './types.ts'

const file = (folder: string, name: string): string => path.join(folder, name)

function writeJson(target: string, value: unknown): void {
  writeAtomically(target, (append) => append(Buffer.from(`${JSON.stringify(value, null, 2)}\n`)))
}

function readJson<T>(source: string): T {
  try {
    return JSON.parse(readFileSync(source, 'utf8')) as T
  } catch (error) {
    throw new IdiolectError('BadRun', `${source} cannot be read: ${messageOf(error)}`, 'Start a new run.')
  }
}

/** Makes a run folder; the plan comes last, so that a folder with a plan is whole. Errors: IdiolectError `CannotWrite`. */
export function createRun(folder: string, plan: RunPlan, train: TokenExample[], validation: TokenExample[]): void {
  makeFolder(folder)
  writeExamples(examplesFile(folder), train, validation)
  writeJson(file(folder, 'plan.json'), plan)
}

export const examplesFile = (folder: string): string => file(folder, 'examples.bin')
export const voiceFile = (folder: string): string => file(folder, 'voice.gguf')
export const readPlan = (folder: string): RunPlan => readJson(file(folder, 'plan.json'))
export const hasPlan = (folder: string): boolean => existsSync(file(folder, 'plan.json'))

/** The choice made at a run's first start, kept so that a resumed run computes the same. */
export function keptChoice(folder: string): EngineChoice | null {
  const source = file(folder, 'engine.json')
  return existsSync(source) ? readJson<EngineChoice>(source) : null
}
export const keepChoice = (folder: string, choice: EngineChoice): void => writeJson(file(folder, 'engine.json'), choice)

/** The log's records; a last line cut short by a kill is left out. */
export function readLog(folder: string): StepRecord[] {
  const source = file(folder, 'log.jsonl')
  if (!existsSync(source)) return []
  const records: StepRecord[] = []
  for (const line of readFileSync(source, 'utf8').split('\n')) {
    try {
      if (line !== '') records.push(JSON.parse(line) as StepRecord)
    } catch {
      break
    }
  }
  return records
}

/** Forgets what was logged after `step`: those steps will be done again. */
export function trimLog(folder: string, step: number): StepRecord[] {
  const kept = readLog(folder).filter((record) => record.step <= step)
  const lines = kept.map((record) => `${JSON.stringify(record)}\n`).join('')
  writeAtomically(file(folder, 'log.jsonl'), (append) => append(Buffer.from(lines)))
  return kept
}

/** Errors: IdiolectError `CannotWrite`. */
export function appendLog(folder: string, record: StepRecord): void {
  const log = file(folder, 'log.jsonl')
  try {
    appendFileSync(log, `${JSON.stringify(record)}\n`)
  } catch (error) {
    throw cannotWrite(log, error)
  }
}

export function readResult(folder: string): TrainResult | null {
  const source = file(folder, 'result.json')
  return existsSync(source) && existsSync(voiceFile(folder)) ? readJson<TrainResult>(source) : null
}
export const writeResult = (folder: string, result: TrainResult): void => writeJson(file(folder, 'result.json'), result)
