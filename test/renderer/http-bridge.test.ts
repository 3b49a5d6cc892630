import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import type { AppState, StreamChunk } from '../../preload/contract.ts'
import { createHttpBridge } from '../../renderer/lib/http-bridge.ts'

/** For a machine that is busy with other tests. */
const PATIENCE = { timeout: 20_000 }

const state: AppState = {
  firstStart: false,
  documents: 3,
  passages: 9,
  base: 'b',
  embedder: null,
  voice: null,
  training: null,
  questions: 0,
}
let server: Server | null = null
const streams: ServerResponse[] = []

async function serve(answer: (request: IncomingMessage, body: string) => [number, unknown]): Promise<string> {
  server = createServer((request, response) => {
    if (request.url === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': hello\n\n')
      streams.push(response)
      return
    }
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      const [status, value] = answer(request, body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(() => {
  // The bridge goes on trying to connect, as it should; without a server its tries fail until the test ends.
  streams.length = 0
  server?.closeAllConnections()
  server?.close()
  server = null
})

test('a call carries the token and its input, and returns the answer', async () => {
  const seen: string[] = []
  const base = await serve((request, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-idiolect-token']} ${body}`)
    return [200, { cancelled: true }]
  })
  const bridge = createHttpBridge(base, 'secret', () => {})
  expect(await bridge.call('request.cancel', { request: 'r1' })).toEqual({ cancelled: true })
  expect(seen).toEqual(['POST /api/call/request.cancel secret {"request":"r1"}'])
})

test('a refused call rejects with the host’s own words', async () => {
  const error = { name: 'TooFewPieces', message: '3 pieces, 8 are needed', next: 'Add more writing.' }
  const base = await serve(() => [400, error])
  const bridge = createHttpBridge(base, 't', () => {})
  await expect(bridge.call('train.start', {})).rejects.toMatchObject(error)
})

test('a refusal that is no contract error names its status', async () => {
  const base = await serve(() => [502, 'gone'])
  const bridge = createHttpBridge(base, 't', () => {})
  await expect(bridge.call('app.info', {})).rejects.toMatchObject({
    name: 'Refused',
    message: expect.stringContaining('502'),
  })
})

test('no host at all is said as such', async () => {
  const bridge = createHttpBridge('http://127.0.0.1:1', 't', () => {})
  await expect(bridge.call('app.info', {})).rejects.toMatchObject({ name: 'NoConnection' })
})

test('events reach their listeners; a broken stream is opened again and the state read anew', async () => {
  const base = await serve((request) => [200, request.url?.endsWith('app.state') ? state : null])
  const connections: string[] = []
  const bridge = createHttpBridge(base, 't', (connection) => connections.push(connection))
  const chunks: StreamChunk[] = []
  const states: AppState[] = []
  const off = bridge.on('stream', (chunk) => chunks.push(chunk))
  bridge.on('state.changed', (next) => states.push(next))

  await vi.waitFor(() => expect(streams).toHaveLength(1), PATIENCE)
  streams[0]?.write('event: stream\ndata: {"request":"r","index":0,"text":"a"}\n\n')
  streams[0]?.write('event: unknown\ndata: {}\n\n')
  await vi.waitFor(() => expect(chunks).toEqual([{ request: 'r', index: 0, text: 'a' }]), PATIENCE)
  expect(states).toEqual([])

  streams[0]?.destroy()
  await vi.waitFor(() => expect(states).toEqual([state]), PATIENCE)
  expect(connections).toEqual(['connected', 'lost', 'connected'])
  off()
  streams[1]?.write('event: stream\ndata: {"request":"r","index":0,"text":"b"}\n\n')
  streams[1]?.write(`event: state.changed\ndata: ${JSON.stringify({ ...state, documents: 4 })}\n\n`)
  await vi.waitFor(() => expect(states.at(-1)?.documents).toBe(4), PATIENCE)
  expect(chunks).toHaveLength(1)
})

test('a call that takes long is answered by the stream, whichever word comes first', async () => {
  const sent: (string | undefined)[] = []
  const base = await serve((request) => {
    sent.push(request.headers['x-idiolect-stream'] as string | undefined)
    return [202, { call: `c${sent.length}` }]
  })
  const bridge = createHttpBridge(base, 't', () => {})
  await vi.waitFor(() => expect(streams).toHaveLength(1), PATIENCE)
  const say = (name: string, data: unknown) =>
    streams.at(-1)?.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  say('hello', { stream: 's1' })
  let heard = 0
  bridge.on('stream', () => heard++)
  say('stream', { request: 'r', index: 0, text: 'a' })
  await vi.waitFor(() => expect(heard).toBe(1), PATIENCE)
  // Before its 202 has been read.
  say('answer', { call: 'c1', status: 200, value: { removed: true } })
  expect(await bridge.call('library.remove', { document: 'd' })).toEqual({ removed: true })
  expect(sent).toEqual(['s1'])
  const error = { name: 'NothingFound', message: 'There is no writing.', next: null }
  const second = bridge.call('library.remove', { document: 'd' })
  const third = bridge.call('library.remove', { document: 'd' })
  void third.catch(() => {})
  await vi.waitFor(() => expect(sent).toHaveLength(3), PATIENCE)
  say('answer', { call: 'c2', status: 422, value: error })
  await expect(second).rejects.toMatchObject(error)
  // Another host: what the first one owed will not come.
  streams.at(-1)?.destroy()
  await vi.waitFor(() => expect(streams).toHaveLength(2), PATIENCE)
  say('hello', { stream: 's2' })
  await expect(third).rejects.toMatchObject({ name: 'NoConnection' })
})

test('what a page says while it goes is sent on without it, where it is short', async () => {
  const hear = new Map<string, () => void>()
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => hear.set(name, listener))
  const kept: unknown[] = []
  const answer = { ok: true, status: 200, json: async () => ({}), text: async () => '', body: null }
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url.includes('/api/call/')) kept.push(init.keepalive)
    return answer
  })
  try {
    const bridge = createHttpBridge('http://127.0.0.1:1', 'secret', () => {})
    await bridge.call('app.set', { scale: 1 })
    hear.get('pagehide')?.()
    await bridge.call('app.set', { scale: 1 })
    await bridge.call('draft.create', { text: 'ä'.repeat(40_000) })
    hear.get('pageshow')?.()
    await bridge.call('app.set', { scale: 1 })
    expect(kept).toEqual([false, true, false, false])
  } finally {
    vi.unstubAllGlobals()
  }
})
