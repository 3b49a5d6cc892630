import { mkdirSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventListener } from '../../main/app/types.ts'
import { IdiolectError } from '../../main/errors.ts'
import { type Served, serveApp } from '../../main/host/http.ts'
import type { Handlers } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const renderer = path.join(folder, 'renderer')
const listeners = new Set<EventListener>()
let served: Served
const letGo = new Map<string, () => void>()

const handlers = {
  'app.settings': async () => ({ theme: 'dark', scale: 1, retrieval: true }),
  'app.set': async (input: unknown) => input,
  'models.use': async () => {
    throw new IdiolectError('UnknownModel', 'There is no model "x".', 'Use another.')
  },
  'voices.list': async () => {
    throw new TypeError('boom')
  },
  // Answered when the test lets it.
  'library.import': async ({ request }: { request: string }) => {
    await new Promise<void>((resolve) => letGo.set(request, resolve))
    if (request === 'bad') throw new IdiolectError('NothingFound', 'There is no writing.', 'Choose another folder.')
    return { documents: 3 }
  },
} as unknown as Handlers

const events = {
  on(listener: EventListener) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

beforeAll(async () => {
  mkdirSync(path.join(renderer, 'assets'), { recursive: true })
  writeFileSync(path.join(renderer, 'index.html'), '<!doctype html><title>x</title>')
  writeFileSync(path.join(renderer, 'assets', 'a.js'), 'export {}')
  writeFileSync(path.join(folder, 'secret.txt'), 'secret')
  served = await serveApp({ handlers, events, port: 0, renderer })
})

afterAll(() => served.close())

const at = (place: string) => `http://127.0.0.1:${served.port}${place}`

function call(name: string, input: unknown, headers: Record<string, string> = {}) {
  return fetch(at(`/api/call/${name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-idiolect-token': served.token, ...headers },
    body: JSON.stringify(input),
  })
}

/** Node's own client: fetch forbids the headers Host and Origin, and tidies paths. */
function raw(place: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: served.port, path: place, method, headers }, (answer) => {
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('calls', () => {
  it('answers a call with the token', async () => {
    const answer = await call('app.settings', {})
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ theme: 'dark', scale: 1, retrieval: true })
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('hands the input over as it was sent', async () => {
    expect(await (await call('app.set', { theme: 'Ärger ✍️' })).json()).toEqual({ theme: 'Ärger ✍️' })
  })

  it('gives an error of ours with what to do next, and any other without its stack', async () => {
    const ours = await call('models.use', {})
    expect(ours.status).toBe(422)
    expect(await ours.json()).toEqual({
      name: 'UnknownModel',
      message: 'There is no model "x".',
      next: 'Use another.',
    })
    const other = await call('voices.list', {})
    expect(other.status).toBe(500)
    expect(await other.json()).toEqual({ name: 'TypeError', message: 'boom', next: null })
  })

  it('refuses a call without the token, with a wrong one and with one of another length', async () => {
    for (const token of ['', 'x', `${served.token.slice(0, -1)}!`, `${served.token}a`]) {
      const answer = await call('app.settings', {}, { 'x-idiolect-token': token })
      expect(answer.status).toBe(401)
      expect((await answer.json()).name).toBe('WrongToken')
    }
    const noHeader = await raw('/api/call/app.settings', { 'content-type': 'application/json' }, 'POST')
    expect(noHeader.status).toBe(401)
  })

  it('knows only the names of the contract', async () => {
    for (const name of ['toString', 'constructor', '__proto__', 'app.nothing', '']) {
      expect((await call(name, {})).status).toBe(404)
    }
  })

  it('takes JSON objects only, and no more than 20 MB of them', async () => {
    expect((await call('app.set', [1])).status).toBe(422)
    expect((await call('app.set', null)).status).toBe(422)
    expect((await call('app.set', {}, { 'content-type': 'text/plain' })).status).toBe(415)
    const broken = await fetch(at('/api/call/app.set'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-idiolect-token': served.token },
      body: '{',
    })
    expect(broken.status).toBe(400)
    expect((await call('app.set', { text: 'a'.repeat(19_000_000) })).status).toBe(200)
    // Refused while it is still being sent: the client sees the answer or a closed connection.
    const large = await call('app.set', { text: 'a'.repeat(21 * 1024 * 1024) }).then(
      (answer) => answer.status,
      () => 413,
    )
    expect(large).toBe(413)
  })

  it('are made by POST', async () => {
    const answer = await fetch(at('/api/call/app.settings'), { headers: { 'x-idiolect-token': served.token } })
    expect(answer.status).toBe(405)
  })
})

describe('the door', () => {
  it('lets in loopback names only, for files too', async () => {
    const port = served.port
    expect((await raw('/', { host: `127.0.0.1:${port}` })).status).toBe(200)
    expect((await raw('/', { host: `localhost:${port}` })).status).toBe(200)
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`]) {
      expect((await raw('/', { host })).status).toBe(403)
    }
  })

  it('refuses a page of another origin even with the token', async () => {
    const headers = { host: `127.0.0.1:${served.port}`, 'x-idiolect-token': served.token }
    const own = { ...headers, origin: `http://127.0.0.1:${served.port}`, 'content-type': 'application/json' }
    expect((await raw('/api/call/app.settings', own, 'POST')).status).toBe(400)
    for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${served.port}`]) {
      expect((await raw('/api/call/app.settings', { ...own, origin }, 'POST')).status).toBe(403)
      expect((await raw('/api/events', { ...headers, origin })).status).toBe(403)
    }
  })

  it('listens on 127.0.0.1 alone', () => {
    expect(served.address).toBe(`http://127.0.0.1:${served.port}/#token=${served.token}`)
    expect(Buffer.from(served.token, 'base64url')).toHaveLength(32)
  })

  it('opens once by a ticket, which carries no token itself', async () => {
    const ticket = served.ticket()
    expect(ticket).not.toContain(served.token)
    const first = await fetch(ticket, { redirect: 'manual' })
    expect(first.status).toBe(302)
    expect(first.headers.get('location')).toBe(`/#token=${served.token}`)
    const second = await fetch(ticket, { redirect: 'manual' })
    expect(second.status).toBe(404)
    expect(JSON.stringify([...second.headers])).not.toContain(served.token)
  })

  it('says which port is taken', async () => {
    await expect(serveApp({ handlers, events, port: served.port, renderer })).rejects.toMatchObject({
      name: 'PortTaken',
      message: `Port ${served.port} is in use.`,
    })
  })
})

describe('files', () => {
  it('come with a strict policy', async () => {
    const answer = await fetch(at('/'))
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-eval')
    expect((await fetch(at('/assets/a.js'))).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it('do not lead out of the folder', async () => {
    const ways = [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/..%5csecret.txt',
    ]
    for (const place of [...ways, '/%00', '/%zz', '/.hidden.html', '/assets']) {
      const { status, body } = await raw(place, { host: `127.0.0.1:${served.port}` })
      expect(status, place).toBe(404)
      expect(body).not.toContain('secret')
    }
    expect((await raw('/', { host: `127.0.0.1:${served.port}` }, 'PUT')).status).toBe(405)
  })
})

describe('events', () => {
  it('arrive as they are sent, until the listener goes', async () => {
    const control = new AbortController()
    const answer = await fetch(at('/api/events'), {
      headers: { 'x-idiolect-token': served.token },
      signal: control.signal,
    })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    const until = async (part: string) => {
      while (!text.includes(part)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended before ${part}`)
        text += Buffer.from(value).toString()
      }
    }
    await until('event: hello\n')
    expect(listeners.size).toBe(1)
    for (const listener of listeners) listener('stream', { request: 'r1', index: 0, text: 'two\nlines' })
    await until('event: stream\ndata: {"request":"r1","index":0,"text":"two\\nlines"}\n\n')
    control.abort()
    await expect.poll(() => listeners.size).toBe(0)
  })

  it('need the token', async () => {
    expect((await fetch(at('/api/events'))).status).toBe(401)
  })

  it('end when the host closes', async () => {
    const other = await serveApp({ handlers, events, port: 0, renderer })
    const answer = await fetch(`http://127.0.0.1:${other.port}/api/events`, {
      headers: { 'x-idiolect-token': other.token },
    })
    await other.close()
    expect(await answer.text()).toContain('event: hello')
    await expect(fetch(`http://127.0.0.1:${other.port}/`)).rejects.toThrow()
  })
})

describe('calls that take long', () => {
  /** A page's stream, read as it comes. */
  async function open(id?: string) {
    const control = new AbortController()
    const answer = await fetch(at('/api/events'), {
      headers: { 'x-idiolect-token': served.token, ...(id === undefined ? {} : { 'x-idiolect-stream': id }) },
      signal: control.signal,
    })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    const read = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const found = pattern.exec(text)
        if (found) return found[1] ?? ''
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream ended')
        text += Buffer.from(value).toString()
      }
    }
    return { read, id: await read(/"stream":"([\w-]+)"/), leave: () => control.abort() }
  }
  const long = async (request: string, stream: string) => {
    const answer = await call('library.import', { request }, { 'x-idiolect-stream': stream })
    return { status: answer.status, body: (await answer.json()) as { call: string } }
  }

  it('give their connection back and are answered by the page’s own stream', async () => {
    const [page, other] = [await open(), await open()]
    const { status, body } = await long('good', page.id)
    expect(status).toBe(202)
    letGo.get('good')?.()
    const said = await page.read(/event: answer\ndata: (.*)\n\n/)
    expect(JSON.parse(said)).toEqual({ call: body.call, status: 200, value: { documents: 3 } })
    for (const listener of listeners) listener('stream', { request: 'r', index: 0, text: 'x' })
    await other.read(/(event: stream)/)
    await expect(other.read(/(event: answer)|event: stream/)).resolves.toBe('')
    page.leave()
    other.leave()
    await expect.poll(() => listeners.size).toBe(0)
  })

  it('are answered once the page is back, errors too', async () => {
    const page = await open()
    const { body } = await long('bad', page.id)
    page.leave()
    await expect.poll(() => listeners.size).toBe(0)
    letGo.get('bad')?.()
    await new Promise((resolve) => setImmediate(resolve))
    const again = await open(page.id)
    expect(again.id).toBe(page.id)
    expect(JSON.parse(await again.read(/event: answer\ndata: (.*)\n\n/))).toEqual({
      call: body.call,
      status: 422,
      value: { name: 'NothingFound', message: 'There is no writing.', next: 'Choose another folder.' },
    })
    again.leave()
    await expect.poll(() => listeners.size).toBe(0)
    // A page that nobody knows begins anew.
    const stranger = await open('unknown')
    expect(stranger.id).not.toBe('unknown')
    stranger.leave()
    await expect.poll(() => listeners.size).toBe(0)
  })

  it('keep their connection where the page has no stream', async () => {
    const answer = call('library.import', { request: 'plain' })
    await expect.poll(() => letGo.has('plain')).toBe(true)
    letGo.get('plain')?.()
    expect((await answer).status).toBe(200)
  })
})
