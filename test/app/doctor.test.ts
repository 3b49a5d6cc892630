import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { deviceLine, doctor, doctorLines, whatIsMissing } from '../../main/app/doctor.ts'
import { createCatalog } from '../../main/catalog/catalog.ts'
import { projectFolder } from '../../main/entries.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = mkdtempSync(path.join(temporaryFolder(), 'doctor-'))
const catalog = createCatalog({
  manifests: path.join(projectFolder(), 'models'),
  models: path.join(folder, 'models'),
  added: path.join(folder, 'added-models.json'),
})

describe('doctor', () => {
  it('finds this machine, and what an empty data folder lacks', async () => {
    const report = await doctor(path.join(folder, 'not', 'yet', 'there'), catalog)
    expect(report.node).toBe(process.versions.node)
    expect(report.devices).toContain('cpu')
    const cpu = report.training.find((device) => device.kind === 'cpu')
    expect(cpu).toMatchObject({ name: 'CPU', lacking: [], whyNot: null })
    expect(cpu?.totalBytes).toBeGreaterThan(0)
    expect(report.trainThreads).toBeGreaterThan(0)
    expect(report.chatThreads).toBeLessThanOrEqual(report.cores)
    expect(report.freeDiskBytes).toBeGreaterThan(0)
    expect(report.models.map((model) => model.installed)).not.toContain(true)
    expect(report.missing.join('\n')).toContain('No chat model is installed')
    const lines = doctorLines(report)
    expect(lines.some((line) => line.includes('smollm2-135m-instruct-q4_1 (chat, 98 MB)'))).toBe(true)
    for (const line of report.missing) expect(lines).toContain(`  ${line}`)
  })

  it('says of each device whether it trains, and what it leaves to the CPU', () => {
    const gpu = {
      kind: 'metal' as const,
      name: 'Metal',
      description: 'A chip',
      freeBytes: 5e9,
      totalBytes: 8e9,
      lacking: ['CPY'],
      whyNot: null,
    }
    expect(deviceLine(gpu)).toBe(
      '  metal: Metal (A chip, 5.0 of 8.0 GB free): trains with --device metal; the CPU computes CPY for it',
    )
    expect(deviceLine({ ...gpu, kind: 'cpu', lacking: [] })).toMatch(/trains when nothing else is asked for$/)
    expect(deviceLine({ ...gpu, whyNot: 'no such device was found' })).toBe('  metal: no such device was found')
  })

  it('says what is missing, one sentence each, and nothing where all is there', () => {
    const chat = { role: 'chat' as const, installed: true, starter: true, name: 'S', bytes: 1e8, missing: null }
    const embedder = { ...chat, role: 'embedder' as const, starter: false, name: 'E' }
    const facts = { electron: '/e', pip: '1', freeDiskBytes: 1e10, freeMemoryBytes: 4e9 }
    expect(whatIsMissing(facts, [chat, embedder], false)).toEqual([])
    const none = whatIsMissing(
      { electron: null, pip: null, freeDiskBytes: 1e8, freeMemoryBytes: 1e9 },
      [{ ...chat, installed: false }],
      false,
    )
    expect(none).toHaveLength(6)
    expect(none.join('\n')).toContain('S, 100 MB')
    const moved = { ...embedder, installed: false, missing: '/m is not there any more', name: 'Mine' }
    expect(whatIsMissing(facts, [chat, embedder, moved], false)).toEqual(['Mine: /m is not there any more.'])
    expect(whatIsMissing({ ...facts, electron: null }, [chat, embedder], true)).toEqual([])
  })
})
