import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkDevice, listDevices, meantDevice, tryDevice } from '../../../main/app/models/devices.ts'
import { checkOptions } from '../../../main/app/training/run-plan.ts'
import type { TrainingDevice } from '../../../preload/contract.ts'
import { bundle } from '../../helpers/bundle.ts'
import { vulkanThere } from '../../helpers/devices.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

let entry = ''
beforeAll(async () => {
  entry = await bundle('main/device-child.ts')
})

/** A child that does what a broken driver does. */
function child(code: string): string {
  const file = path.join(mkdtempSync(path.join(temporaryFolder(), 'child-')), 'child.mjs')
  writeFileSync(file, code)
  return file
}

describe('devices', () => {
  it('takes what chats for auto', () => {
    expect(meantDevice(undefined)).toBe('cpu')
    expect(meantDevice('auto')).toBe('cpu')
    expect(meantDevice('vulkan')).toBe('vulkan')
  })

  it('refuses what is no device, by name and with the list', () => {
    expect(() => checkOptions({ device: 'gpu' as TrainingDevice })).toThrow(/"gpu" is no device/)
    expect(() => checkOptions({ device: 'vulkan' })).not.toThrow()
  })

  it('finds the CPU, which lacks nothing', async () => {
    const devices = await listDevices(entry)
    expect(devices[0]).toMatchObject({ kind: 'cpu', name: 'CPU', lacking: [], whyNot: null })
    for (const device of devices) expect(device.name === null).toBe(device.whyNot !== null)
  })

  it('outlives a driver that ends its process, and says so', async () => {
    const facts = await tryDevice('cpu', child('process.on("message", () => process.abort())'))
    expect(facts.whyNot).toMatch(/its driver ended the process \(SIGABRT\)/)
  })

  it('refuses a device that is not there before anything is prepared', async () => {
    const absent = process.platform === 'darwin' ? 'cuda' : 'metal'
    await expect(checkDevice(absent, entry)).rejects.toMatchObject({ name: 'NoDevice' })
    await expect(checkDevice('cpu', entry)).resolves.toBeUndefined()
  })

  it.skipIf(!vulkanThere())('finds Vulkan where there is a driver', async () => {
    const facts = await tryDevice('vulkan', entry)
    expect(facts).toMatchObject({ kind: 'vulkan', lacking: [], whyNot: null })
    await expect(checkDevice('vulkan', entry)).resolves.toBeUndefined()
  })
})
