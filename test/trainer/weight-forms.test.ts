import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Device, openDevice } from '../../main/ggml/device.ts'
import { TYPE } from '../../main/ggml/types.ts'
import type { Hyperparameters } from '../../main/model/hyperparameters.ts'
import { chooseForms, formsOf, type MeasuredForm, measuredForms } from '../../main/trainer/weight-forms.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

const form = (type: MeasuredForm['type'], gflops: number, buffers: string | null = null): MeasuredForm => ({
  type,
  buffers,
  gflops,
})

describe('chooseForms', () => {
  it('takes the fastest transposed copy, a rougher one only where it is clearly faster', () => {
    const usual = [form('Q8_0', 100), form('BF16', 80), form('F16', 40), form('Q4_0', 90), form('F32', 40)]
    expect(chooseForms(device, 'Q4_K', usual)).toMatchObject({
      backward: { type: 'Q8_0', buffers: null },
      forward: {},
      productType: 'BF16',
    })
    expect(chooseForms(device, 'Q4_K', [...usual, form('Q4_0', 112, 'CPU_REPACK')]).backward.type).toBe('Q8_0')
    const repacked = chooseForms(device, 'Q4_K', [...usual, form('Q4_0', 140, 'CPU_REPACK')])
    expect(repacked.backward).toEqual({ type: 'Q4_0', buffers: 'CPU_REPACK' })
    expect(repacked.forward).toEqual({ Q4_0: 'CPU_REPACK' })
    const amx = [...usual, form('Q8_0', 500, 'AMX'), form('Q4_0', 480, 'AMX'), form('Q4_K', 470, 'AMX')]
    expect(chooseForms(device, 'Q4_K', amx)).toMatchObject({
      backward: { type: 'Q8_0', buffers: 'AMX' },
      forward: { Q8_0: 'AMX', Q4_0: 'AMX', Q4_K: 'AMX' },
    })
  })

  it('leaves a base of F32 exact', () => {
    const forms = formsOf(chooseForms(device, 'F32', []))
    expect(forms.blocks.forward).toEqual({ type: TYPE.F32, buffers: null })
    expect(forms.head.backward).toEqual({ type: TYPE.F32, buffers: null })
  })
})

describe('measuredForms', () => {
  const h = { width: 64, ff: 96 } as Hyperparameters

  it('measures once, keeps it, and measures again where the file is no JSON or the shape another', () => {
    const file = path.join(temporaryFolder(), 'speeds.json')
    const first = measuredForms(device, h, 1, file)
    expect(first.some(({ type, buffers }) => type === 'Q8_0' && buffers === null)).toBe(true)
    for (const { gflops } of first) expect(gflops).toBeGreaterThan(0)
    expect(measuredForms(device, h, 1, file)).toEqual(first)
    measuredForms(device, { ...h, ff: 128 }, 1, file)
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toHaveLength(2)
    writeFileSync(file, '{')
    expect(measuredForms(device, h, 1, file).length).toBe(first.length)
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toHaveLength(1)
  })
})
