import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import type { Form } from '../../main/model/matrix.ts'
import { uniformForms } from '../../main/model/weights.ts'
import { cosine } from '../helpers/cosine.ts'
import { gradientOf } from '../helpers/gradient.ts'
import { takes } from '../helpers/takes.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const device = openDevice({ threads: 1 })
const passOf = (file: string, form: Form) =>
  gradientOf(device, file, {
    weightType: uniformForms(form),
    productType: TYPE.F32,
    targets: ['q', 'v', 'down'],
  })

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
        const plain = await passOf(file, { type: TYPE[type], buffers: null })
        const other = await passOf(file, { type: TYPE[type], buffers })
        expect(Math.abs(other.loss / plain.loss - 1)).toBeLessThan(2e-3)
        expect(cosine(other.gradient, plain.gradient)).toBeGreaterThan(0.995)
      })
    }
  }
})
