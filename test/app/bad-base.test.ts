/** Bases that are broken or foreign, through the app's own calls: refused in words, nothing lost, and the app stays up. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from '../../main/gguf/types.ts'
import { type GgufValue, uint32 } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { readPlan } from '../../main/trainer/run-folder.ts'
import type { ModelInfo, TrainingState } from '../../preload/contract.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const root = temporaryFolder()
const good = path.join(root, 'good.gguf')
let app: Awaited<ReturnType<typeof createApp>>

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(good, { width: 256, ff: 256, heads: 4, context: 512 })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await add(good)
  const pieces = Array.from({ length: 12 }, (_, n): [string, string] => [
    `${n}.md`,
    post({ title: `Ledger ${n} of the quay` }, prose(n, 120)),
  ])
  await app.handlers['library.import']({
    request: 'import',
    paths: [writeFiles(path.join(root, 'writing'), Object.fromEntries(pieces))],
  })
})
afterAll(() => app.close())

const add = (file: string): Promise<ModelInfo> => app.handlers['models.add']({ request: file, file, as: 'chat' })
const ids = async (): Promise<string[]> =>
  (await app.handlers['models.list']({})).filter(({ installed }) => installed).map(({ id }) => id)

/** The good model again with other metadata, or another type for one tensor. */
function changed(name: string, metadata: [string, GgufValue][], retyped?: [string, GgmlTypeName]): string {
  const file = path.join(root, `${name}.gguf`)
  const source = readGguf(good)
  writeGguf(file, {
    metadata: new Map([...source.metadata, ...metadata]),
    tensors: [...source.tensors.values()].map(({ name, shape }) => {
      const type = retyped?.[0] === name ? retyped[1] : 'F32'
      const bytes = tensorBytes(ggmlTypeNamed(type), shape) as number
      return { name, shape, type, data: type === 'F32' ? readTensor(source, name) : new Uint8Array(bytes) }
    }),
  })
  return file
}

/** An answer comes, on the base in use: the app is up. */
async function expectUp(): Promise<void> {
  const out = await app.handlers['chat.send']({ request: 'up', text: 'Hello', voice: null, maxTokens: 4, seed: 1 })
  expect(out).toBeDefined()
  expect((await app.handlers['app.state']({})).base).toBe('good')
}

/** The good model with a type id that ggml has not. */
function ofType99(): string {
  const tensor = 'blk.0.attn_q.weight'
  const file = changed('new-type', [], [tensor, 'Q4_0'])
  const bytes = readFileSync(file)
  // After the name: the number of dimensions, two of them, then the type.
  bytes.writeUInt32LE(99, bytes.indexOf(tensor) + tensor.length + 4 + 16)
  writeFileSync(file, bytes)
  return file
}

function cut(): string {
  const file = path.join(root, 'cut.gguf')
  writeFileSync(file, readFileSync(good).subarray(0, -100_000))
  return file
}

describe('adding a base', () => {
  const cases: [string, () => string, RegExp][] = [
    ['truncated', cut, /cut\.gguf cannot be used: .*ends at byte \d+, the file has \d+/],
    [
      'with shapes that its metadata do not say',
      () => changed('wider', [['llama.feed_forward_length', uint32(512)]]),
      /wider\.gguf cannot be used: .*blk\.0\.ffn/,
    ],
    ['of a type that ggml has not', ofType99, /new-type\.gguf cannot be used: .*is of type 99, known are F32, F16/],
    [
      'that ends llama.cpp',
      () => changed('no-heads', [['llama.attention.head_count_kv', uint32(0)]]),
      /no-heads\.gguf cannot be used: .*GGML_ASSERT/,
    ],
  ]
  it.each(cases)('%s is refused, and the app stays up', async (_, make, words) => {
    const before = await ids()
    await expect(add(make())).rejects.toThrow(words)
    expect(await ids()).toEqual(before)
    await expectUp()
  })

  it('of a quantization that chats and cannot be trained on says so, with the list of those that can', async () => {
    const model = await add(changed('tiny-iq', [], ['blk.1.ffn_up.weight', 'IQ2_XXS']))
    expect(model).toMatchObject({ id: 'tiny-iq', trainable: false })
    expect(model.whyNot).toContain('blk.1.ffn_up.weight is quantized as IQ2_XXS, which cannot be trained on')
    const refused = app.handlers['train.start']({ base: 'tiny-iq', tasks: ['headline'] })
    await expect(refused).rejects.toMatchObject({ name: 'NotTrainable', message: expect.stringContaining('IQ2_XXS') })
    expect(existsSync(path.join(app.context.store.folder, 'runs'))).toBe(false)
    await expectUp()
  })
})

/** Resolves with the state in which the run has ended, however it did. */
function ends(): Promise<TrainingState> {
  return new Promise((resolve) => {
    const off = app.events.on((name, event) => {
      if (name !== 'train.state' || !('aside' in event)) return
      if (!['done', 'failed', 'cancelled', 'interrupted'].includes(event.stage)) return
      off()
      resolve(event)
    })
  })
}

describe('a training', () => {
  it('whose base is broken under it fails in words, and can be gone on with when the file is back', async () => {
    const copy = path.join(root, 'copy.gguf')
    copyFileSync(good, copy)
    const paused = new Promise<void>((resolve) => {
      app.events.on((name) => name === 'train.step' && resolve())
    })
    const interrupted = ends()
    const { run } = await app.handlers['train.start']({ tasks: ['headline'], epochs: 40, batch: 4, threads: 1 })
    await paused
    await app.handlers['train.cancel']({})
    expect((await interrupted).stage).toBe('cancelled')
    expect(readPlan(app.training.folderOf(run)).base.file).toBe(good)

    writeFileSync(good, readFileSync(copy).subarray(0, -100_000))
    await expect(app.handlers['train.resume']({ run })).rejects.toMatchObject({ name: 'BaseChanged' })
    copyFileSync(copy, good)
    const again = ends()
    const goesOn = new Promise<void>((resolve) => {
      app.events.on((name) => name === 'train.step' && resolve())
    })
    await app.handlers['train.resume']({ run })
    await goesOn
    await app.handlers['train.cancel']({})
    expect(await again).toMatchObject({ run, stage: 'cancelled' })
  })
})
