/**
 * What a run gives, and how it stands on disk beside the scores themselves:
 *   <out>/run.json             what was asked (LampRunRecord), written first
 *   <out>/<user>/result.json   the user's methods as far as they are finished (UserRecord), replaced whole after each
 *   <out>/<user>/times.jsonl   seconds as they accrue, over kills (`times.ts`)
 *   <out>/summary.json         table and differences (`table.ts`), written last
 * The clock stands in times.jsonl, in the minutes of summary.json, in voice.json (the trainer's seconds, speed and memory)
 * and in the trainer's own files. All else repeats from the seeds where it is computed alike: adapters trained with other
 * weight forms (chosen by measuring the machine), lanes, threads or on another processor differ in their last bits, and
 * what they score in its last digits. `voice.json` says how each was computed (`computed`), and the table where they differ.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { writeJson } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { parsedOrNothing } from '../lines.ts'
import { readJson } from './folder.ts'

const queryShape = z.object({
  query: z.string(),
  /** Answer tokens, the end token counted; 0 for a baseline. */
  tokens: z.number(),
  /** Nats of the whole gold answer; null for a baseline. Over several voices: the mean. */
  nll: z.number().nullable(),
  /** The label chosen. Of rate: the distribution's median, which makes the mean absolute error least. */
  prediction: z.string().optional(),
  /** 1 where the prediction is right; over several voices a share. */
  correct: z.number().optional(),
  /** Of rate: the distance of prediction and gold, and its square. */
  error: z.number().optional(),
  squared: z.number().optional(),
  /** -ln of the gold label's probability among the labels, at most 36.04 (2^-52), as where gold is none; null in old records. */
  logLoss: z.number().nullable().optional(),
  /** Of rate: mean of the distribution. */
  expected: z.number().optional(),
  /** Of rate: by score, 1 to 5. */
  probabilities: z.array(z.number()).optional(),
  rouge1: z.number().optional(),
  rougeL: z.number().optional(),
  /** Of a label or score that was written: whether it is right, of rate its distance and the square. */
  writtenCorrect: z.number().optional(),
  writtenError: z.number().optional(),
  writtenSquared: z.number().optional(),
})
/** One query under one method. */
export type QueryResult = z.infer<typeof queryShape>

const textShape = z.object({
  query: z.string(),
  gold: z.string(),
  text: z.string(),
  /** Whose voice wrote it; null for the base. */
  voice: z.string().nullable(),
})
export type LampText = z.infer<typeof textShape>

const methodShape = z.object({
  /** Nats per answer token, the end token counted; null for a baseline. */
  nll: z.number().nullable(),
  /** Answer tokens scored, the end tokens counted. */
  tokens: z.number(),
  queries: z.number(),
  scores: z.array(queryShape),
  /** Of a mean over several voices: NLL per token under each of them. */
  voices: z.record(z.string(), z.number()).optional(),
  /** And the nats of each query's answer under each, in the order of `scores`. */
  nlls: z.record(z.string(), z.array(z.number())).optional(),
  /** And how many of them were trained over another task adapter than the one that they are laid over; absent: none. */
  foreign: z.number().optional(),
  accuracy: z.number().optional(),
  macroF1: z.number().optional(),
  mae: z.number().optional(),
  rmse: z.number().optional(),
  logLoss: z.number().optional(),
  rouge1: z.number().optional(),
  rougeL: z.number().optional(),
  writtenAccuracy: z.number().optional(),
  writtenMae: z.number().optional(),
  writtenRmse: z.number().optional(),
  texts: z.array(textShape).optional(),
})
export type LampMethodResult = z.infer<typeof methodShape>

const userShape = z.object({
  version: z.literal(1),
  /** Hash of all that decides the scores but the methods; a record of another is as good as none. */
  config: z.string(),
  user: z.string(),
  task: z.enum(['headline', 'tag', 'rate', 'prose']),
  /** Gold answers by query, for metrics over all users. */
  golds: z.record(z.string(), z.string()),
  methods: z.record(z.string(), methodShape),
})
const configShape = z.object({ config: z.string() })
export type UserRecord = z.infer<typeof userShape>

const runShape = z.object({
  version: z.literal(1),
  config: z.string(),
  file: z.string(),
  task: z.enum(['headline', 'tag', 'rate', 'prose']),
  base: z.object({ file: z.string(), sha256: z.string() }),
  methods: z.array(z.string()),
  /** Those of this folder; `shard` says which share of all they are. */
  users: z.array(z.string()),
  shard: z.object({ index: z.number(), of: z.number() }).nullable(),
  /** Whose voices stand for others', where a method of this folder asked for them; trained here, whoever was chosen. */
  panel: z.array(z.string()).nullish(),
  /** On whose users the task adapter was trained, where another file was named. */
  taskFile: z.string().nullish(),
  /** Of a benchmark with one set of labels for everybody: macro F1 is over all of it. */
  labels: z.array(z.string()).nullish(),
  /** Everything else that decides the outcome, for the reader. */
  settings: z.record(z.string(), z.unknown()),
})
export type LampRunRecord = z.infer<typeof runShape>

export const runFile = (out: string): string => path.join(out, 'run.json')
export const summaryFile = (out: string): string => path.join(out, 'summary.json')
const userFile = (folder: string): string => path.join(folder, 'result.json')

export const readRun = (out: string): LampRunRecord | null => readJson(runFile(out), runShape)
export const writeRun = (out: string, run: LampRunRecord): void => writeJson(runFile(out), run)

/**
 * The run with the rows and columns that its folder has of it already. Those of a run with other data, another base or
 * other settings are never mixed with it, which is said.
 */
export function joined(out: string, run: LampRunRecord, note: (text: string) => void): LampRunRecord {
  const before = readRun(out)
  if (before === null) return run
  if (before.config !== run.config) {
    const names = differences(before, run)
    note(
      `${out} has rows of another run (${names.length > 0 ? `other ${names.join(', ')}` : 'other data or another base'}): ` +
        'they leave its table; voices and scores that stay the same are taken over',
    )
    return run
  }
  const both = (one: readonly string[], more: readonly string[]): string[] => [...new Set([...one, ...more])]
  return {
    ...run,
    methods: both(before.methods, run.methods),
    users: both(before.users, run.users),
    panel: both(before.panel ?? [], run.panel ?? []),
  }
}

/** Names of the settings in which two runs differ. */
function differences(one: LampRunRecord, other: LampRunRecord): string[] {
  const names = [...new Set([...Object.keys(one.settings), ...Object.keys(other.settings)])]
  return names.filter((name) => JSON.stringify(one.settings[name]) !== JSON.stringify(other.settings[name]))
}

/**
 * Null where there is none, or one of another configuration. Errors: `BadRecord` for one of this that is damaged, which
 * must not look like a user without rows; `ForeignRecord` for another user's.
 */
export function readUser(folder: string, config: string, user: string): UserRecord | null {
  const file = userFile(folder)
  if (!existsSync(file)) return null
  const value = parsedOrNothing(readFileSync(file, 'utf8'))
  const stated = configShape.safeParse(value)
  if (stated.success && stated.data.config !== config) return null
  const record = userShape.safeParse(value)
  if (!record.success) {
    const [issue] = record.error.issues
    throw new IdiolectError(
      'BadRecord',
      `${file} cannot be read as results of ${user}: ${value === undefined ? 'it is no JSON' : `${issue?.path.join('.')}: ${issue?.message}`}`,
      'Run the same methods again in this folder: scores are kept beside it, and only the record is written anew.',
    )
  }
  if (record.data.user === user) return record.data
  throw new IdiolectError(
    'ForeignRecord',
    `${file} holds results of the user "${record.data.user}", not of "${user}"`,
    'Move that folder away and run again.',
  )
}
export const writeUser = (folder: string, record: UserRecord): void => writeJson(userFile(folder), record)
