/**
 * The browser host: the contract over HTTP on loopback, for whoever holds the token. It knows the contract's names and
 * the renderer's files, and no feature.
 *
 * Four walls, each enough against a stranger's web page: bound to 127.0.0.1; the Host header must be loopback (a name
 * rebound by DNS is refused); an Origin, when sent, must be ours; and every call carries the token in a header, which
 * no form or image can set. The token stands in the address's fragment, which browsers do not send.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { ContractError, Handlers } from '../../preload/contract.ts'
import type { AppEvents } from '../app/types.ts'
import { projectFolder } from '../entries.ts'
import { IdiolectError, toContractError } from '../errors.ts'
import { callByName, isCallName } from './answer.ts'
import { readStatic, securityHeaders } from './static.ts'
import { createStreams, type Stream } from './streams.ts'

/** Bytes: a long text to head-line fits, a file does not. */
const bodyLimit = 20 * 1024 * 1024
/** Milliseconds after which a call's connection is given back, and its answer comes by the page's stream. */
const longCall = 400
const ticketLife = 60_000

export interface ServeOptions {
  handlers: Handlers
  events: AppEvents
  /** 0: a free one. */
  port: number
  /** Folder of the built renderer; default out/renderer. */
  renderer?: string
}

export interface Served {
  /** With the token: `http://127.0.0.1:PORT/#token=...`. */
  address: string
  port: number
  token: string
  /** An address that works once, within a minute: for a browser's command line, which other users can read. */
  ticket(): string
  /** Ends listeners and waits for the calls that run. */
  close(): Promise<void>
}

function sameToken(found: string | string[] | undefined, token: string): boolean {
  if (typeof found !== 'string') return false
  const a = Buffer.from(found)
  const b = Buffer.from(token)
  return a.length === b.length && timingSafeEqual(a, b)
}

function streamOf(request: IncomingMessage): string | undefined {
  const found = request.headers['x-idiolect-stream']
  return typeof found === 'string' ? found : undefined
}

/** Resolves with null after `longCall`. */
function longWait(): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, longCall, null).unref())
}

class Refused extends Error {
  readonly status: number
  readonly error: ContractError
  constructor(status: number, name: string, message: string, next: string | null = null) {
    super(message)
    this.status = status
    this.error = { name, message, next }
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const tooLarge = () => new Refused(413, 'TooLarge', `The request is larger than ${bodyLimit} bytes.`)
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Refused(400, 'BadInput', 'The request is not JSON.')
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(JSON.stringify(value ?? null))
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
  })
  response.end(body)
}

/**
 * Serves the contract and the renderer until closed.
 * Errors: IdiolectError `PortTaken`; otherwise the system's.
 */
export async function serveApp(options: ServeOptions): Promise<Served> {
  const { handlers, events } = options
  const renderer = options.renderer ?? path.join(projectFolder(), 'out', 'renderer')
  const token = randomBytes(32).toString('base64url')
  const tickets = new Map<string, number>()
  const streams = createStreams(events)
  const running = new Set<Promise<void>>()
  let origins: string[] = []

  function checkDoor(request: IncomingMessage): void {
    const host = request.headers.host ?? ''
    if (!origins.includes(`http://${host}`))
      throw new Refused(403, 'WrongHost', `The host "${host}" is not served here.`)
    const origin = request.headers.origin
    if (origin !== undefined && !origins.includes(origin)) {
      throw new Refused(403, 'WrongOrigin', `The origin "${origin}" may not call here.`)
    }
  }

  function checkToken(request: IncomingMessage): void {
    if (sameToken(request.headers['x-idiolect-token'], token)) return
    const next = 'Open the whole address that was printed when Idiolect was started.'
    throw new Refused(401, 'WrongToken', 'This page does not hold the token of the running Idiolect.', next)
  }

  async function call(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    if (request.method !== 'POST') throw new Refused(405, 'WrongMethod', 'Calls are made by POST.')
    checkToken(request)
    if (!isCallName(name)) throw new Refused(404, 'UnknownCall', `There is no call "${name}".`)
    // Anything else could be sent by a page of another origin without asking first.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new Refused(415, 'BadInput', 'Calls are made with JSON.')
    }
    const input = await readBody(request)
    const stream = streams.find(streamOf(request))
    const answer = callByName(handlers, name, input).then(
      (value) => ({ status: 200, value }),
      (error: unknown) => ({ status: error instanceof IdiolectError ? 422 : 500, value: toContractError(error) }),
    )
    const first = stream === null ? await answer : await Promise.race([answer, longWait()])
    if (first) return sendJson(response, first.status, first.value)
    const id = randomBytes(12).toString('base64url')
    sendJson(response, 202, { call: id })
    const { status, value } = await answer
    ;(stream as Stream).answer(id, status, value)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkDoor(request)
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/api/events') {
      if (request.method !== 'GET') throw new Refused(405, 'WrongMethod', 'Events are read by GET.')
      checkToken(request)
      response.writeHead(200, {
        ...securityHeaders,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
      })
      return streams.connect(response, streamOf(request))
    }
    if (pathname.startsWith('/api/call/')) return await call(request, response, pathname.slice('/api/call/'.length))
    if (pathname.startsWith('/api/')) throw new Refused(404, 'NotFound', 'There is nothing at this address.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Refused(405, 'WrongMethod', 'Files are read by GET.')
    }
    if (pathname.startsWith('/open/')) {
      const ends = tickets.get(pathname.slice('/open/'.length))
      tickets.delete(pathname.slice('/open/'.length))
      if (ends === undefined || ends < performance.now()) {
        throw new Refused(404, 'UsedAddress', 'This address worked once; use the one that was printed.')
      }
      response.writeHead(302, { ...securityHeaders, location: `/#token=${token}`, 'cache-control': 'no-store' })
      response.end()
      return
    }
    const file = await readStatic(renderer, pathname)
    if (file === null) throw new Refused(404, 'NotFound', 'There is nothing at this address.')
    response.writeHead(200, { ...file.headers, 'content-length': file.body.length })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  }

  const server = createServer((request, response) => {
    const work = handle(request, response).catch((error: unknown) => {
      // The rest of a refused body is not read, so the connection cannot be used again.
      if (!request.complete) response.setHeader('connection', 'close')
      if (error instanceof Refused) sendJson(response, error.status, error.error)
      else sendJson(response, 500, toContractError(error))
    })
    running.add(work)
    void work.finally(() => running.delete(work))
  })
  // Import and training answer when they are done, however long that takes.
  server.timeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error)
      const what = error.code === 'EACCES' ? 'may not be used' : 'is in use'
      reject(new IdiolectError('PortTaken', `Port ${options.port} ${what}.`, 'Choose another one with --port.'))
    })
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`]

  return {
    address: `http://127.0.0.1:${port}/#token=${token}`,
    port,
    token,
    ticket() {
      const name = randomBytes(24).toString('base64url')
      tickets.set(name, performance.now() + ticketLife)
      return `http://127.0.0.1:${port}/open/${name}`
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all(running)
      // After the last answers that they carry.
      streams.close()
      server.closeAllConnections()
      await closed
    },
  }
}
