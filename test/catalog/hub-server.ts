/** A small hub on loopback, with the ill manners of real networks: it breaks off, is busy, stalls, changes its file. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HubServer {
  endpoint: string
  body: Buffer
  etag: string
  /** Headers of every request for the file, in order. */
  requests: IncomingHttpHeaders[]
  /** What the next requests meet, in order; then all goes well. */
  /** Other files, by the repo that they are asked of. */
  others: Record<string, Buffer>
  /** Files are sent when it resolves. */
  gate: Promise<void>
  troubles: ('break' | 'busy' | 'stall' | 'silence' | 'missing')[]
  close(): Promise<void>
}

export async function hubServer(body: Buffer): Promise<HubServer> {
  const server = createServer(async (request, response) => {
    hub.requests.push(request.headers)
    const trouble = hub.troubles.shift()
    if (trouble === 'silence') return
    if (trouble === 'busy' || trouble === 'missing') {
      response.writeHead(trouble === 'busy' ? 503 : 404).end()
      return
    }
    // As the real hub does, the file lies behind a redirect.
    if (!request.url?.startsWith('/cdn/')) {
      if (trouble) hub.troubles.unshift(trouble)
      hub.requests.pop()
      response.writeHead(302, { location: `/cdn${request.url}` }).end()
      return
    }
    await hub.gate
    const other = Object.keys(hub.others).find((repo) => request.url?.includes(`/${repo}/`))
    const sent = (other && hub.others[other]) || hub.body
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const same = request.headers['if-range'] === undefined || request.headers['if-range'] === hub.etag
    const from = asked && same ? Number(asked[1]) : 0
    const length = sent.length - from
    const headers = { etag: hub.etag, 'content-length': length, 'accept-ranges': 'bytes' }
    const range = { 'content-range': `bytes ${from}-${sent.length - 1}/${sent.length}` }
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...range } : headers)
    if (trouble === 'break' || trouble === 'stall') {
      response.write(sent.subarray(from, from + Math.floor(length / 2)), () => {
        if (trouble === 'break') response.destroy()
      })
      return
    }
    response.end(sent.subarray(from))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hub: HubServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    body,
    etag: '"one"',
    requests: [],
    others: {},
    gate: Promise.resolve(),
    troubles: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return hub
}
