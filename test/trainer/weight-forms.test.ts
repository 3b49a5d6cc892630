import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
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
  const usual = [form('Q8_0', 100), form('BF16', 80), form('F16', 40), form('F32', 40)]

  it('takes Q8_0 unless another form is clearly faster', () => {
    const q8 = { type: 'Q8_0', buffers: null, productType: 'BF16' }
    expect(chooseForms(device, 'Q4_K', usual)).toMatchObject(q8)
    expect(chooseForms(device, 'Q4_K', [...usual, form('F16', 105, 'X')])).toMatchObject(q8)
    const amx = [...usual, form('Q8_0', 500, 'AMX')]
    expect(chooseForms(device, 'Q4_K', amx)).toMatchObject({ type: 'Q8_0', buffers: 'AMX' })
    const halves = [form('Q8_0', 60), form('BF16', 40), form('F16', 90), form('F32', 45)]
    expect(chooseForms(device, 'Q4_K', halves)).toEqual({
      type: 'F16',
      buffers: null,
      asFiled: [],
      productType: 'F32',
      measured: halves,
    })
  })

  it('takes forward what the file has, where that is no slower in plain memory', () => {
    const own = [form('Q4_K', 60), form('Q4_K', 120, 'R'), form('Q6_K', 99), form('Q5_0', 100)]
    const choice = chooseForms(device, 'Q4_K', [...usual, ...own])
    expect(choice).toMatchObject({ type: 'Q8_0', buffers: null, asFiled: ['Q5_0'] })
    expect(formsOf(choice).asFiled).toEqual(new Set([TYPE.Q5_0]))
    const amx = chooseForms(device, 'Q4_K', [...usual, ...own, form('Q8_0', 500, 'AMX')])
    expect(amx.asFiled).toEqual([])
    // A choice that an earlier version kept.
    const { asFiled: _, ...earlier } = choice
    expect(formsOf(earlier).asFiled?.size).toBe(0)
  })

  it('leaves a base of F32 exact', () => {
    const choice = chooseForms(device, 'F32', usual)
    expect(choice.productType).toBe('F32')
    expect(formsOf(choice).blocks).toEqual(formsOf(choice).head)
    expect(formsOf(choice).blocks).toEqual({ type: TYPE.F32, buffers: null })
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
    // Rows of 64 are no whole blocks of a K type: measured on the wider matrix.
    const own = measuredForms(device, { width: 64, ff: 256, own: ['Q4_K', 'Q8_0', 'F32'] }, 1, file)
    expect(own.filter(({ type, buffers }) => type === 'Q4_K' && buffers === null)).toHaveLength(1)
    expect(own.filter(({ type, buffers }) => type === 'Q8_0' && buffers === null)).toHaveLength(1)
    writeFileSync(file, '{')
    expect(measuredForms(device, h, 1, file).length).toBe(first.length)
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toHaveLength(1)
  })
})
