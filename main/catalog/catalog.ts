/** What stands in the catalog and on the disk, and the four things one can do with it: list, get, add, remove. */
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { ModelInfo, Said } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { english, say } from '../said.ts'
import { type AddedModel, readAdded, writeAdded } from './added.ts'
import { type DownloadOptions, downloadModel } from './download.ts'
import { factsOf, sha256OfFile } from './files.ts'
import { partBytes, removePart } from './hub.ts'
import { type Manifest, type ModelShape, readManifests } from './manifest.ts'

/** What the trial of a file in a child process found (main/inference/probe.ts). */
export interface Probe {
  ok: boolean
  architecture: string | null
  quantization: string | null
  parameters: number | null
  contextSize: number | null
  isEmbedder: boolean
  /** Why it cannot be used, in words, when not ok. */
  reason: string | null
}

/** A model as the catalog knows it; the app adds what only it knows (trainable, in use). */
export type CatalogModel = Omit<ModelInfo, 'trainable' | 'whyNot' | 'inUse' | 'voices'> & {
  contextSize: number | null
  /** As the manifest gives it; null: it is read from the file. */
  shape: ModelShape | null
  /** Estimated resident memory for use, bytes. */
  needsMemoryBytes: number | null
  /** Why a model of the user's is not there any more, in words, or null. */
  missing: string | null
}

export interface CatalogOptions {
  /** Folder of the manifests (the project's models/). */
  manifests: string
  /** Folder of the catalog's model files. */
  models: string
  /** The list of the user's own files. */
  added: string
  /** Folders where a file may already lie. */
  lookIn?: string[]
}

export interface AddOptions {
  /** Tries the file in a disposable child process. */
  probe: (file: string) => Promise<Probe>
  /** Default: what the file is. */
  as?: 'chat' | 'embedder'
  signal?: AbortSignal
  onStage?: (stage: 'trying' | 'verifying' | 'done') => void
}

export interface Catalog {
  listModels(): CatalogModel[]
  /** Errors: IdiolectError `UnknownModel` with the ids there are. */
  findModel(id: string): CatalogModel
  /** Fetches the file if it is not there. Errors: those of `downloadModel`, `UnknownModel`, `FileMissing`. */
  getModel(id: string, options?: Omit<DownloadOptions, 'lookIn'>): Promise<CatalogModel>
  /** Lists a file of the user's. Errors: `FileMissing`, `BadModel` with the trial's reason, `WrongRole`. */
  addModel(file: string, options: AddOptions): Promise<CatalogModel>
  /** Deletes a catalog model's file; a file of the user's is only taken off the list. False: there was nothing. */
  removeModel(id: string): boolean
}

function manifestModel(manifest: Manifest, folder: string): CatalogModel {
  const file = path.join(folder, manifest.file)
  const found = factsOf(file)
  const unreadable = found !== null && 'unreadable' in found ? found.unreadable : null
  // The name appears only after the hash was checked, so that the size is enough here.
  const installed = found !== null && 'size' in found && found.isFile() && found.size === manifest.bytes
  return {
    id: manifest.id,
    name: manifest.name,
    role: manifest.role,
    installed,
    origin: 'catalog',
    architecture: manifest.architecture,
    quantization: manifest.quantization,
    parameters: manifest.parameters,
    bytes: manifest.bytes,
    licence: manifest.licence,
    note: unreadable === null ? manifest.note : `Not usable: ${unreadable}.`,
    path: installed ? file : null,
    sha256: manifest.sha256,
    contextSize: manifest.contextSize,
    starter: manifest.starter,
    part: installed ? null : partBytes(file),
    shape: manifest.shape ?? null,
    needsMemoryBytes: manifest.needs.memoryBytes,
    missing: null,
  }
}

function whyMissing(model: AddedModel): Said | null {
  const found = factsOf(model.path)
  if (found !== null && 'unreadable' in found) return say('plain', found.unreadable)
  if (!found?.isFile()) return say('model.gone', model.path)
  if (found.size !== model.bytes || found.mtimeMs !== model.modifiedMs) return say('model.changed', model.path)
  return null
}

function addedModel(model: AddedModel): CatalogModel {
  const missing = whyMissing(model)
  const note = missing === null ? say('model.added') : say('model.unusable', missing)
  return {
    id: model.id,
    name: model.name,
    role: model.role,
    installed: missing === null,
    origin: 'file',
    architecture: model.architecture,
    quantization: model.quantization,
    parameters: model.parameters,
    bytes: model.bytes,
    licence: null,
    note: english(note),
    noteSaid: note,
    path: missing === null ? model.path : null,
    sha256: model.sha256,
    contextSize: model.contextSize,
    starter: false,
    part: null,
    shape: null,
    needsMemoryBytes: null,
    missing: missing && english(missing),
  }
}

/** An id from a file's name that nothing else has: `My Model.Q8_0.gguf` -> `my-model.q8_0`. */
function freshId(file: string, taken: Set<string>): string {
  const stem = path.basename(file).replace(/\.gguf$/i, '')
  const plain =
    stem
      .toLowerCase()
      .replace(/[^a-z0-9._]+/g, '-')
      .replace(/^[^a-z0-9]+|-+$/g, '') || 'model'
  let id = plain
  for (let n = 2; taken.has(id); n++) id = `${plain}-${n}`
  return id
}

/** Errors: IdiolectError `BadManifest`. */
export function createCatalog(options: CatalogOptions): Catalog {
  const manifests = readManifests(options.manifests)

  const listModels = (): CatalogModel[] => [
    ...manifests.map((manifest) => manifestModel(manifest, options.models)),
    ...readAdded(options.added).map(addedModel),
  ]

  const findModel = (id: string): CatalogModel => {
    const models = listModels()
    const found = models.find((model) => model.id === id)
    if (found) return found
    const ids = models.map((model) => model.id).join(', ')
    throw new IdiolectError('UnknownModel', `There is no model "${id}". There are: ${ids}.`, 'Use one of these ids.')
  }

  const getModel: Catalog['getModel'] = async (id, download = {}) => {
    const model = findModel(id)
    if (model.installed) return model
    const manifest = manifests.find((one) => one.id === id)
    if (!manifest) {
      throw new IdiolectError('FileMissing', `"${id}" cannot be fetched: ${model.missing}.`, 'Add the file again.')
    }
    await downloadModel(manifest, path.join(options.models, manifest.file), { ...download, lookIn: options.lookIn })
    return findModel(id)
  }

  const addModel: Catalog['addModel'] = async (name, { probe, as, signal, onStage }) => {
    const file = path.resolve(name)
    const facts = factsOf(file)
    if (facts !== null && 'unreadable' in facts)
      throw new IdiolectError('FileMissing', `${facts.unreadable}.`, 'Name a GGUF file that can be read.')
    if (!facts?.isFile()) {
      const what = facts ? 'is not a file' : 'does not exist'
      throw new IdiolectError('FileMissing', `${file} ${what}.`, 'Name a GGUF file.')
    }
    onStage?.('trying')
    const found = await probe(file)
    if (!found.ok) {
      const why = (found.reason ?? 'no reason was given').replace(/\.$/, '')
      throw new IdiolectError('BadModel', `${file} cannot be used: ${why}.`, 'Choose another GGUF file.')
    }
    const role = as ?? (found.isEmbedder ? 'embedder' : 'chat')
    if (role === 'chat' && found.isEmbedder) {
      throw new IdiolectError(
        'WrongRole',
        `${file} is an embedder (${found.architecture}), and cannot chat.`,
        'Add it as an embedder.',
      )
    }
    onStage?.('verifying')
    const sha256 = await sha256OfFile(file, signal)
    const list = readAdded(options.added)
    // The same file again replaces its entry and keeps its id, so that a base in use stays in use.
    const before = list.find((model) => model.path === file)
    const others = list.filter((model) => model !== before)
    const taken = new Set([...manifests.map((one) => one.id), ...others.map((one) => one.id)])
    const model: AddedModel = {
      id: before?.id ?? freshId(file, taken),
      name: path.basename(file).replace(/\.gguf$/i, ''),
      role,
      path: file,
      sha256,
      bytes: facts.size,
      modifiedMs: facts.mtimeMs,
      architecture: found.architecture,
      quantization: found.quantization,
      parameters: found.parameters,
      contextSize: found.contextSize,
      addedAt: new Date().toISOString(),
    }
    writeAdded(options.added, [...others, model])
    onStage?.('done')
    return addedModel(model)
  }

  const removeModel = (id: string): boolean => {
    const model = findModel(id)
    if (model.origin === 'file') {
      writeAdded(
        options.added,
        readAdded(options.added).filter((one) => one.id !== id),
      )
      return true
    }
    const manifest = manifests.find((one) => one.id === id)
    if (!manifest) return false
    const file = path.join(options.models, manifest.file)
    const there = existsSync(file) || partBytes(file) !== null
    rmSync(file, { force: true })
    removePart(file)
    return there
  }

  return { listModels, findModel, getModel, addModel, removeModel }
}
