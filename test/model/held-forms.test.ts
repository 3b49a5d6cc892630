import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDevice } from '../../main/ggml/device.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import type { Form } from '../../main/model/matrix.ts'
import { uniformForms } from '../../main/model/weights.ts'
import { cosine } from '../helpers/cosine.ts'
import { normals, seeded } from '../helpers/random.ts'
import { takes } from '../helpers/takes.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const device = openDevice({ threads: 1 })
const random = seeded(5)
const example = (length: number, answer: number) => ({
  tokens: Int32Array.from({ length }, () => Math.floor(random() * 300)),
  answerFrom: length - answer,
})
const batch = pack([example(40, 20), example(25, 7)])

async function gradientOf(file: string, form: Form) {
  using engine = new Engine(device, readGguf(file), {
    weightType: uniformForms(form),
    capacity: 96,
    productType: TYPE.F32,
    lora: { rank: 4, alpha: 8, targets: ['q', 'v', 'down'] },
  })
  const stream = seeded(9)
  for (const pair of engine.lora?.pairs ?? []) {
    const values = (length: number): Float32Array => normals(stream, length, 0.05)
    engine.lora?.write(pair, { a: values(pair.inputs * 4), b: values(pair.outputs * 4) })
  }
  const loss = await engine.trainPack(batch)
  const gradient = engine.takeGradient(27).flatMap(({ a, b }) => [...a, ...b])
  return { loss, gradient: Float32Array.from(gradient) }
}

/** Layouts that ggml has on some processor, with types that each takes. */
const layouts = [
  ['AMX', 'Q8_0'],
  ['AMX', 'F16'],
  ['CPU_REPACK', 'Q8_0'],
  ['CPU_REPACK', 'Q4_0'],
] as const

describe('matrices in a layout of their own', () => {
  for (const [buffers, type] of layouts) {
    // A vocabulary of no whole groups: the head's forward copy stays plain.
    for (const [tiedEmbeddings, vocabulary] of [
      [true, 320],
      [false, 320],
      [true, 330],
    ] as const) {
      const what = `${type} in ${buffers}, ${tiedEmbeddings ? 'tied' : 'untied'} head of ${vocabulary}`
      it.skipIf(!takes(device, buffers, type))(`${what}: losses and gradients as in plain memory`, async () => {
        const file = path.join(folder, `${tiedEmbeddings}-${vocabulary}.gguf`)
        const shape = { width: 256, heads: 8, kvHeads: 4, ff: 512, blocks: 3, type: 'Q4_1' } as const
        writeTinyModel(file, { ...shape, tiedEmbeddings, vocabulary })
        const plain = await gradientOf(file, { type: TYPE[type], buffers: null })
        const other = await gradientOf(file, { type: TYPE[type], buffers })
        expect(Math.abs(other.loss / plain.loss - 1)).toBeLessThan(2e-3)
        expect(cosine(other.gradient, plain.gradient)).toBeGreaterThan(0.995)
      })
    }
  }
})
