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

/** @param larger with a second base, which is no starter */
export async function tinyCatalog(folder: string, { larger = false } = {}): Promise<TinyCatalog> {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'starter.gguf')
  writeTinyModel(file, { ...shape, seed: 5 })
  const body = readFileSync(file)
  const manifests = path.join(folder, 'catalog')
  mkdirSync(manifests, { recursive: true })
  writeManifest(manifests, 'starter', shape, body)
  const second = path.join(folder, 'own-model.gguf')
  writeTinyModel(second, { ...shape, seed: 6 })
  const wrong = path.join(folder, 'letter.gguf')
  writeFileSync(wrong, 'Dear reader, this is a letter and no model.')
  const hub = await hubServer(body)
  if (larger) {
    const more = { ...shape, blocks: 3, width: 96, heads: 6, kvHeads: 3, ff: 128 }
    writeTinyModel(path.join(folder, 'larger.gguf'), { ...more, seed: 7 })
    const bytes = readFileSync(path.join(folder, 'larger.gguf'))
    hub.others['tiny/larger'] = bytes
    writeManifest(manifests, 'larger', more, bytes)
  }
  const env = { IDIOLECT_CATALOG: manifests, IDIOLECT_MODELS: path.join(folder, 'models'), HF_ENDPOINT: hub.endpoint }
  return { hub, env, own: second, wrong }
}

function writeManifest(folder: string, name: 'starter' | 'larger', made: typeof shape, body: Buffer): void {
  const { context, ...own } = made
  const manifest = {
    id: `tiny-${name}`,
    name: name === 'starter' ? 'Tiny Starter' : 'Tiny Larger',
    role: 'chat',
    starter: name === 'starter',
    architecture: 'llama',
    quantization: 'F32',
    parameters: Math.round(body.length / 4),
    file: `tiny-${name}.gguf`,
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    licence: 'Apache-2.0',
    note: 'Writes nonsense.',
    contextSize: context,
    shape: { ...own, headSize: own.width / own.heads },
    needs: { memoryBytes: 1_000_000 },
    sources: [{ kind: 'hub', repo: `tiny/${name}`, file: `tiny-${name}.gguf`, revision: 'main' }],
  }
  writeFileSync(path.join(folder, `tiny-${name}.json`), JSON.stringify(manifest))
}
