import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../main/store/store.ts'
import { bundle } from '../helpers/bundle.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

describe('the data folder lock', () => {
  const folder = temporaryFolder()
  let entry = ''
  beforeAll(async () => {
    entry = await bundle('test/helpers/import-child.ts')
  })

  async function holder(data: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [entry, data], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    return child
  }

  it('refuses a second process, names the first, and is free again after kill -9', async () => {
    const data = path.join(folder, 'busy')
    const child = await holder(data)
    await expect(openStore(data)).rejects.toMatchObject({
      name: 'DataFolderBusy',
      message: expect.stringContaining(`process ${child.pid}`),
    })
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    expect(existsSync(path.join(data, 'lock.json'))).toBe(true)
    const store = await openStore(data)
    expect(JSON.parse(readFileSync(path.join(data, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid })
    await store.close()
    expect(existsSync(path.join(data, 'lock.json'))).toBe(false)
  })

  it('is refused within one process too, and again after closing is not', async () => {
    const data = path.join(folder, 'twice')
    const store = await openStore(data)
    await expect(openStore(data)).rejects.toMatchObject({ name: 'DataFolderBusy' })
    await store.close()
    await (await openStore(data)).close()
  })

  it('takes no notice of a note that was left behind by a living pid', async () => {
    const data = path.join(folder, 'note')
    await (await openStore(data)).close()
    writeFileSync(
      path.join(data, 'lock.json'),
      JSON.stringify({ pid: process.ppid, startedAt: '2020-01-01T00:00:00Z' }),
    )
    await (await openStore(data)).close()
  })
})
