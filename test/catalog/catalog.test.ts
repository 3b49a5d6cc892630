import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Catalog, createCatalog, type Probe } from '../../main/catalog/catalog.ts'
import { parseManifest, readManifests } from '../../main/catalog/manifest.ts'
import { projectFolder } from '../../main/entries.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const temporary = temporaryFolder()
const shipped = path.join(projectFolder(), 'models')
const model = { ...JSON.parse(readFileSync(path.join(shipped, 'smollm2-135m-instruct-q4_1.json'), 'utf8')) }

let folder: string
let catalog: Catalog

const good: Probe = {
  ok: true,
  architecture: 'llama',
  quantization: 'F32',
  parameters: 10,
  contextSize: 64,
  isEmbedder: false,
  reason: null,
}

function open(lookIn: string[] = []): Catalog {
  return createCatalog({
    manifests: path.join(folder, 'manifests'),
    models: path.join(folder, 'models'),
    added: path.join(folder, 'data', 'added-models.json'),
    lookIn,
  })
}

beforeEach(() => {
  folder = mkdtempSync(path.join(temporary, 'run-'))
  mkdirSync(path.join(folder, 'manifests'))
  const body = Buffer.from('not really a model')
  const manifest = {
    ...model,
    file: 'm.gguf',
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  }
  writeFileSync(path.join(folder, 'manifests', 'm.json'), JSON.stringify(manifest))
  writeFileSync(path.join(folder, 'm.gguf'), body)
  writeFileSync(path.join(folder, 'My Model.Q8_0.gguf'), 'x')
  catalog = open()
})

describe('the shipped manifests', () => {
  it('are valid, and the starter comes first, from the hub and then from the Python package', () => {
    const manifests = readManifests(shipped)
    expect(manifests[0]).toMatchObject({
      id: 'smollm2-135m-instruct-q4_1',
      starter: true,
      bytes: 98362432,
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    })
    expect(manifests[0]?.sources.map((source) => source.kind)).toEqual(['hub', 'pip'])
    expect(manifests.filter((one) => one.role === 'embedder')).toHaveLength(1)
  })
})

describe('a manifest', () => {
  it('is refused with its file, field and fault', () => {
    expect(() => parseManifest('{', 'a.json')).toThrow(/a\.json is not JSON/)
    expect(() => parseManifest(JSON.stringify({ ...model, sha256: 'abc' }), 'a.json')).toThrow(/a\.json .*sha256: /)
    expect(() => parseManifest(JSON.stringify({ ...model, sources: [] }), 'a.json')).toThrow(/sources: /)
    expect(() => parseManifest(JSON.stringify({ ...model, surprise: 1 }), 'a.json')).toThrow(/surprise/)
    const outside = JSON.stringify({ ...model, file: '../evil.gguf' })
    expect(() => parseManifest(outside, 'a.json')).toThrow(/file: /)
  })

  it('may not share its id or file with another', () => {
    const copy = { ...model, file: 'other.gguf' }
    writeFileSync(path.join(folder, 'manifests', 'n.json'), JSON.stringify(copy))
    expect(() => open()).toThrow(/n\.json and the manifest of "smollm2-135m-instruct-q4_1" share/)
  })
})

describe('the catalog', () => {
  it('lists a model as installed only when its whole file is there', () => {
    const file = path.join(folder, 'models', 'm.gguf')
    mkdirSync(path.dirname(file))
    expect(catalog.listModels()).toMatchObject([{ id: model.id, installed: false, path: null, origin: 'catalog' }])
    writeFileSync(file, 'not really')
    expect(catalog.findModel(model.id).installed).toBe(false)
    writeFileSync(file, 'not really a model')
    expect(catalog.findModel(model.id)).toMatchObject({ installed: true, path: file })
  })

  it('gets a model once, and removes its file', async () => {
    const got = await open([folder]).getModel(model.id)
    expect(got).toMatchObject({ installed: true, path: path.join(folder, 'models', 'm.gguf') })
    rmSync(path.join(folder, 'm.gguf'))
    // Nothing could be fetched now: it is there already.
    expect((await catalog.getModel(model.id)).installed).toBe(true)
    expect(catalog.removeModel(model.id)).toBe(true)
    expect(catalog.removeModel(model.id)).toBe(false)
    expect(readdirSync(path.join(folder, 'models'))).toEqual([])
  })

  it('names the ids there are when asked for another', async () => {
    await expect(catalog.getModel('nothing')).rejects.toMatchObject({
      name: 'UnknownModel',
      message: `There is no model "nothing". There are: ${model.id}.`,
    })
    expect(() => catalog.removeModel('nothing')).toThrow(/no model "nothing"/)
  })
})

describe("a file of the user's", () => {
  const own = () => path.join(folder, 'My Model.Q8_0.gguf')

  it('is tried first, then listed by path and hash, and stays where it is', async () => {
    const tried: string[] = []
    const stages: string[] = []
    const added = await catalog.addModel(own(), {
      probe: async (file) => {
        tried.push(file)
        return good
      },
      onStage: (stage) => void stages.push(stage),
    })
    expect(tried).toEqual([own()])
    expect(stages).toEqual(['trying', 'verifying', 'done'])
    expect(added).toMatchObject({
      id: 'my-model.q8_0',
      role: 'chat',
      origin: 'file',
      installed: true,
      path: own(),
      sha256: createHash('sha256').update('x').digest('hex'),
    })
    // Another catalog of the same data folder knows it too.
    expect(open().findModel('my-model.q8_0').path).toBe(own())
    expect(catalog.removeModel('my-model.q8_0')).toBe(true)
    expect(existsSync(own())).toBe(true)
    expect(open().listModels()).toHaveLength(1)
  })

  it('keeps its id when added again, and gets a fresh one beside a namesake', async () => {
    const probe = async () => good
    await catalog.addModel(own(), { probe })
    writeFileSync(own(), 'xy')
    expect((await catalog.addModel(own(), { probe })).id).toBe('my-model.q8_0')
    mkdirSync(path.join(folder, 'b'))
    const namesake = path.join(folder, 'b', 'my model.q8_0.gguf')
    writeFileSync(namesake, 'z')
    expect((await catalog.addModel(namesake, { probe })).id).toBe('my-model.q8_0-2')
    expect(catalog.listModels()).toHaveLength(3)
  })

  it('is not listed when the trial fails, and the reason is told', async () => {
    const probe = async () => ({ ...good, ok: false, reason: 'the header is cut off.' })
    await expect(catalog.addModel(own(), { probe })).rejects.toMatchObject({
      name: 'BadModel',
      message: `${own()} cannot be used: the header is cut off.`,
    })
    await expect(catalog.addModel(path.join(folder, 'none.gguf'), { probe })).rejects.toMatchObject({
      name: 'FileMissing',
    })
    await expect(catalog.addModel(folder, { probe })).rejects.toThrow(`${folder} is not a file.`)
    expect(catalog.listModels()).toHaveLength(1)
  })

  it('takes the role that the trial found, and an embedder never chats', async () => {
    const probe = async () => ({ ...good, architecture: 'bert', isEmbedder: true })
    await expect(catalog.addModel(own(), { probe, as: 'chat' })).rejects.toMatchObject({ name: 'WrongRole' })
    expect((await catalog.addModel(own(), { probe })).role).toBe('embedder')
    // A chat model's pooled states may serve as an embedder.
    expect((await catalog.addModel(own(), { probe: async () => good, as: 'embedder' })).role).toBe('embedder')
  })

  it('is shown as missing when it has gone or changed', async () => {
    await catalog.addModel(own(), { probe: async () => good })
    writeFileSync(own(), 'longer than before')
    expect(catalog.findModel('my-model.q8_0')).toMatchObject({
      installed: false,
      path: null,
      missing: `${own()} has changed; add it again`,
    })
    rmSync(own())
    expect(catalog.findModel('my-model.q8_0').missing).toBe(`${own()} is not there any more`)
    await expect(catalog.getModel('my-model.q8_0')).rejects.toMatchObject({ name: 'FileMissing' })
  })

  it('cannot be read from a broken list, which is named', () => {
    mkdirSync(path.join(folder, 'data'))
    const list = path.join(folder, 'data', 'added-models.json')
    writeFileSync(list, '{"version":1,"models":[{}]}')
    expect(() => catalog.listModels()).toThrow(list)
  })
})

describe.skipIf(process.platform === 'win32')('a file of which the system tells nothing', () => {
  /** A link to itself: whoever asks for it is refused, the administrator too. */
  const refused = (file: string): string => {
    mkdirSync(path.dirname(file), { recursive: true })
    rmSync(file, { force: true })
    symlinkSync(file, file)
    return file
  }
  const why = (file: string) => `${file} cannot be read: ELOOP`

  it('is listed with the reason, and hinders no other model', async () => {
    const own = path.join(folder, 'My Model.Q8_0.gguf')
    await catalog.addModel(own, { probe: async () => good })
    refused(own)
    const ours = refused(path.join(folder, 'models', 'm.gguf'))
    expect(catalog.listModels()).toMatchObject([
      { installed: false, note: expect.stringContaining(why(ours)) },
      { installed: false, missing: expect.stringContaining(why(own)) },
    ])
  })

  it('cannot be added, and is named', async () => {
    const file = refused(path.join(folder, 'loop.gguf'))
    await expect(catalog.addModel(file, { probe: async () => good })).rejects.toMatchObject({
      name: 'FileMissing',
      message: expect.stringContaining(why(file)),
    })
  })
})

describe('a shared models folder', () => {
  it('keeps a file that another data folder linked, when one of them removes it', async () => {
    const other = path.join(folder, 'other.gguf')
    await open([folder]).getModel(model.id)
    linkSync(path.join(folder, 'models', 'm.gguf'), other)
    catalog.removeModel(model.id)
    expect(readFileSync(other, 'utf8')).toBe('not really a model')
  })
})
