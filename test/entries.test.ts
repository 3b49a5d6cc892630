import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryFile, projectFolder, resourceFolder, unpacked } from '../main/entries.ts'
import { temporaryFolder } from './helpers/temporary.ts'

describe('a file of the packaged app', () => {
  const resources = path.join(temporaryFolder(), 'resources')
  const archive = path.join(resources, 'app.asar')

  it('that a native library opens, or that is started, stands outside of the archive', () => {
    expect(unpacked('/x/resources/app.asar/node_modules/koffi/a.node')).toBe(
      '/x/resources/app.asar.unpacked/node_modules/koffi/a.node',
    )
    expect(unpacked('C:\\x\\resources\\app.asar\\resources\\task-adapters')).toBe(
      'C:\\x\\resources\\app.asar.unpacked\\resources\\task-adapters',
    )
    expect(unpacked('/x/resources/app.asar')).toBe('/x/resources/app.asar.unpacked')
    for (const folder of ['sample', 'task-adapters', 'general']) {
      expect(resourceFolder(folder, archive)).toBe(path.join(`${archive}.unpacked`, 'resources', folder))
    }
    const entry = path.join(`${archive}.unpacked`, 'out', 'main', 'trainer-worker.js')
    expect(() => entryFile('trainer-worker', archive)).toThrow(`${entry} is missing`)
    mkdirSync(path.dirname(entry), { recursive: true })
    writeFileSync(entry, '')
    expect(entryFile('trainer-worker', archive)).toBe(entry)
  })

  it('is named once only, and a checkout keeps its paths', () => {
    const outside = '/x/resources/app.asar.unpacked/out/main/trainer-worker.js'
    expect(unpacked(outside)).toBe(outside)
    for (const file of ['/home/my-app.asar/notes', '/home/app.asars/a']) expect(unpacked(file)).toBe(file)
    expect(resourceFolder('sample')).toBe(path.join(projectFolder(), 'resources', 'sample'))
  })
})
