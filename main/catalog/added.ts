/**
 * The models that the user added from files: a list beside the data, by path and hash. The file stays where it is and is
 * not copied: it is the user's, and may be large.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { writeAtomically } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'

const addedSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['chat', 'embedder']),
  /** Absolute path. */
  path: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  modifiedMs: z.number(),
  architecture: z.string().nullable(),
  quantization: z.string().nullable(),
  parameters: z.number().nullable(),
  contextSize: z.number().nullable(),
  addedAt: z.string(),
})

export type AddedModel = z.infer<typeof addedSchema>

const listSchema = z.object({ version: z.literal(1), models: z.array(addedSchema) })

/** Errors: IdiolectError `BadModelList` when the list cannot be read; a missing list is an empty one. */
export function readAdded(file: string): AddedModel[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    return listSchema.parse(JSON.parse(text)).models
  } catch (error) {
    throw new IdiolectError(
      'BadModelList',
      `The list of added models ${file} cannot be read: ${messageOf(error)}`,
      'Remove that file and add your models again.',
    )
  }
}

/** Replaces the list in one step. */
export function writeAdded(file: string, models: AddedModel[]): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeAtomically(file, (append) => append(Buffer.from(`${JSON.stringify({ version: 1, models }, null, 2)}\n`)))
}
