import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE, type TypeName } from '../../main/ggml/types.ts'
import { type Streamed, uniformForms, type WeightForms } from '../../main/model/weights.ts'
import { cosine } from '../helpers/cosine.ts'
import { gradientOf } from '../helpers/gradient.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const device = openDevice({ threads: 1 })
afterAll(() => device.free())
const q8 = uniformForms({ type: TYPE.Q8_0, buffers: null })
const filed = (type: TypeName): WeightForms => ({ ...q8, asFiled: new Set([TYPE[type]]) })

function fileOf(type: TypeName): string {
  const file = path.join(folder, `${type}.gguf`)
  writeTinyModel(file, { width: 256, heads: 8, kvHeads: 4, ff: 512, blocks: 3, vocabulary: 320, type })
  return file
}

const passOf = (file: string, forms: WeightForms, streamed?: Streamed) =>
  gradientOf(device, file, {
    weightType: { ...forms, ...(streamed ? { streamed } : {}) },
    targets: ['q', 'v', 'o', 'down'],
  })

describe('forward products of the file’s own numbers', () => {
  it.each(['Q4_0', 'Q5_1', 'Q2_K', 'Q4_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS'] as const)(
    '%s: less memory, the same bits when streamed, and close to what converted copies give',
    async (type) => {
      const file = fileOf(type)
      const own = await passOf(file, filed(type))
      for (const streamed of [
        { blocks: 2, head: false },
        { blocks: 3, head: false },
      ]) {
        const other = await passOf(file, filed(type), streamed)
        expect(other.loss).toBe(own.loss)
        expect(other.gradient).toEqual(own.gradient)
      }
      // Random weights amplify rounding as no trained ones do.
      const converted = await passOf(file, q8)
      expect(own.bytes).toBeLessThan(converted.bytes)
      expect(Math.abs(own.loss / converted.loss - 1)).toBeLessThan(5e-3)
      expect(cosine(own.gradient, converted.gradient)).toBeGreaterThan(0.99)
    },
  )

  it('other types than those named are converted', async () => {
    const file = fileOf('Q5_1')
    const [named, usual] = [await passOf(file, filed('Q4_K')), await passOf(file, q8)]
    expect(named).toEqual(usual)
  })
})
