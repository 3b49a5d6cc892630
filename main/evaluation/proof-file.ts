/** proof.json in a run folder: written whole, and checked when read. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Proof, Said } from '../../preload/contract.ts'
import { writeJson } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { ENGLISH } from '../said.ts'
import { judge } from './verdict.ts'

const score = z.object({ nll: z.number(), low: z.number(), high: z.number() })
const task = z.enum(['headline', 'tag', 'rate', 'prose'])
const difference = z.object({ mean: z.number(), low: z.number(), high: z.number() })

/** As a host says it that knows this code. */
const said = z.custom<Said>((value) => {
  const { code, values } = (value ?? {}) as Partial<Said>
  return typeof code === 'string' && Object.hasOwn(ENGLISH, code) && Array.isArray(values)
})

const proofShape = z.object({
  run: z.string(),
  voice: z.string(),
  base: z.string(),
  computedAt: z.string(),
  queries: z.number().int(),
  pieces: z.number().int(),
  scores: z.object({
    base: score,
    voice: score,
    other: score,
    baseWithRetrieval: score,
    voiceWithRetrieval: score,
    otherWithRetrieval: score,
    task: score.optional(),
    taskWithRetrieval: score.optional(),
  }),
  gain: z.object({
    overBase: difference,
    overBaseWithRetrieval: difference,
    overOther: difference,
    overTask: difference.optional(),
    overTaskWithRetrieval: difference.optional(),
  }),
  tasks: z
    .array(
      z.object({
        task,
        queries: z.number().int(),
        pieces: z.number().int(),
        gain: z.object({
          overBase: difference,
          overBaseWithRetrieval: difference,
          overTaskWithRetrieval: difference.optional(),
        }),
        better: z.boolean(),
      }),
    )
    .optional(),
  otherIs: z.string(),
  otherSaid: said.optional(),
  won: z.boolean(),
  verdict: z.string(),
  said: said.optional().catch(undefined),
  items: z.array(
    z.object({
      document: z.string(),
      title: z.string(),
      date: z.string().nullable(),
      task,
      tokens: z.number().int(),
      choices: z.number().int().optional(),
      base: z.number(),
      voice: z.number(),
      other: z.number(),
      baseWithRetrieval: z.number(),
      voiceWithRetrieval: z.number(),
      otherWithRetrieval: z.number(),
    }),
  ),
}) satisfies z.ZodType<Proof>

/** Writes `proof.json` into the run folder, whole or not at all. Errors: `CannotWrite`. */
export function writeProof(runFolder: string, proof: Proof): void {
  writeJson(path.join(runFolder, 'proof.json'), proof)
}

/** The run's proof, or null while there is none. Errors: `BadProof` naming the file and what is wrong in it. */
export function readProof(runFolder: string): Proof | null {
  const file = path.join(runFolder, 'proof.json')
  const next = 'Delete the file and prove the voice again.'
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new IdiolectError('BadProof', `${file} cannot be read: ${messageOf(error)}`, next, { cause: error })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new IdiolectError('BadProof', `${file} is no JSON: ${messageOf(error)}`, next, { cause: error })
  }
  const checked = proofShape.safeParse(value)
  // Proofs from before words had codes say nothing but what follows from the numbers. What another one says need not: a
  // voice whose start nobody knows has lost with whatever numbers.
  if (checked.success) return { ...checked.data, said: checked.data.said ?? judge(checked.data).said }
  const issue = checked.error.issues[0]
  throw new IdiolectError('BadProof', `${file}: ${issue?.path.join('.')}: ${issue?.message}`, next)
}
