/** A catalog of tiny models with random weights, whose files a stand-in of the hub serves: as large as a test has time for. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type HubServer, hubServer } from '../catalog/hub-server.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import type { Environment } from './host.ts'

export interface TinyCatalog {
  /** Serves the starter's file. */
  hub: HubServer
  /** For a host: its own catalog, no model anywhere, no way out but the hub. */
  env: Environment
  /** A model of the user's own, and a file that is none. */
  own: string
  wrong: string
}

const shape = { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 512, context: 512 }

export async function tinyCatalog(folder: string): Promise<TinyCatalog> {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'starter.gguf')
  writeTinyModel(file, { ...shape, seed: 5 })
  const body = readFileSync(file)
  const manifests = path.join(folder, 'catalog')
  mkdirSync(manifests, { recursive: true })
  const { context: _, ...own } = shape
  const manifest = {
    id: 'tiny-starter',
    name: 'Tiny Starter',
    role: 'chat',
    starter: true,
    architecture: 'llama',
    quantization: 'F32',
    parameters: 100_000,
    file: 'tiny-starter.gguf',
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    licence: 'Apache-2.0',
    note: 'Writes nonsense.',
    contextSize: shape.context,
    shape: { ...own, headSize: 16 },
    needs: { memoryBytes: 1_000_000 },
    sources: [{ kind: 'hub', repo: 'tiny/starter', file: 'tiny-starter.gguf', revision: 'main' }],
  }
  writeFileSync(path.join(manifests, 'tiny-starter.json'), JSON.stringify(manifest))
  const second = path.join(folder, 'own-model.gguf')
  writeTinyModel(second, { ...shape, seed: 6 })
  const wrong = path.join(folder, 'letter.gguf')
  writeFileSync(wrong, 'Dear reader, this is a letter and no model.')
  const hub = await hubServer(body)
  const env = { IDIOLECT_CATALOG: manifests, IDIOLECT_MODELS: path.join(folder, 'models'), HF_ENDPOINT: hub.endpoint }
  return { hub, env, own: second, wrong }
}
