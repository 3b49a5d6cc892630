/** Downloads behind a proxy, which the environment names as for every other program. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { downloadFromHub } from '../../main/catalog/hub.ts'
import { proxiesIn } from '../../main/catalog/proxy.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type HubServer, hubServer } from './hub-server.ts'

const temporary = temporaryFolder()
const body = Buffer.alloc(50_000, 7)
const source = { kind: 'hub' as const, repo: 'a/b', file: 'model.gguf', revision: 'main' }

let target: string
let hub: HubServer
let proxy: Server
/** Hosts that the proxy was asked for. */
let asked: string[]
let answer: number

beforeEach(async () => {
  target = path.join(mkdtempSync(path.join(temporary, 'run-')), 'model.gguf')
  hub = await hubServer(body)
  asked = []
  answer = 200
  proxy = createServer()
  proxy.on('connect', (request, socket) => {
    asked.push(String(request.url))
    if (answer !== 200) return void socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`)
    // Whatever the name: nothing here asks a name server.
    const there = connect(Number(new URL(hub.endpoint).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      socket.pipe(there).pipe(socket)
    })
    for (const end of [socket, there]) end.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  for (const name of ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, '')
  vi.stubEnv('HTTP_PROXY', `http://ann:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  proxy.closeAllConnections()
  await new Promise((resolve) => proxy.close(resolve))
  await hub.close()
})

const get = (endpoint: string) =>
  downloadFromHub(source, target, body.length, { endpoint, retries: 0, connectLimit: 30_000 })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('a download behind a proxy', () => {
  it('goes through it', async () => {
    const part = await get('http://hub.invalid')
    expect(sha256(readFileSync(part))).toBe(sha256(body))
    expect(asked[0]).toBe('hub.invalid:80')
  })

  it('goes past it to a host that is excepted', async () => {
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    await get(hub.endpoint)
    expect(asked).toEqual([])
  })

  it('says so where the proxy refuses or is not there, without its password', async () => {
    answer = 407
    await expect(get('http://hub.invalid')).rejects.toThrow(
      /407.* through the proxy http:\/\/127\.0\.0\.1:\d+ \(UND_ERR_ABORTED\)$/,
    )
    vi.stubEnv('HTTP_PROXY', 'ann:secret@127.0.0.1:9')
    await expect(get('http://hub.invalid')).rejects.toThrow(
      'could not be reached through the proxy http://127.0.0.1:9 (ECONNREFUSED)',
    )
    vi.stubEnv('HTTP_PROXY', 'gopher://ann:secret@127.0.0.1:9')
    await expect(get('http://hub.invalid')).rejects.toThrow(
      /^the proxy that HTTPS_PROXY or HTTP_PROXY names is none: gopher:\/\/127\.0\.0\.1:9$/,
    )
  })
})

it.each<[Record<string, string>, ReturnType<typeof proxiesIn>]>([
  [{}, null],
  [{ HTTP_PROXY: 'a:1' }, { http: 'http://a:1', https: 'http://a:1', except: '' }],
  [{ HTTPS_PROXY: 'https://a:1' }, { http: '', https: 'https://a:1', except: '' }],
  [
    { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1', NO_PROXY: '.local' },
    { http: '', https: 'http://b:1', except: '.local' },
  ],
])('%j names the proxies %j', (env, proxies) => {
  expect(proxiesIn(env)).toEqual(proxies)
})
