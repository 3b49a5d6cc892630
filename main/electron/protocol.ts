/** The app:// protocol: the built renderer's files and nothing else, with the browser host's headers and path checks. */
import { readStatic, securityHeaders } from '../host/static.ts'
import type { ProtocolLike } from './electron-like.ts'

const scheme = 'app'
export const appOrigin = `${scheme}://idiolect`

/** Is this an address of our own renderer. */
export function isOurs(address: string): boolean {
  try {
    const url = new URL(address)
    // Node gives custom schemes no origin, so its parts are compared.
    return url.protocol === `${scheme}:` && url.host === 'idiolect' && url.username === '' && url.password === ''
  } catch {
    return false
  }
}

/** To be called before Electron is ready: `standard` gives app:// an origin, `secure` makes that one trustworthy. */
export function registerScheme(protocol: ProtocolLike): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

export function serveRenderer(protocol: ProtocolLike, renderer: string): void {
  protocol.handle(scheme, async (request) => {
    const refuse = (status: number) => new Response(null, { status, headers: securityHeaders })
    if (request.method !== 'GET') return refuse(405)
    if (!isOurs(request.url)) return refuse(404)
    const file = await readStatic(renderer, new URL(request.url).pathname)
    return file === null ? refuse(404) : new Response(new Uint8Array(file.body), { status: 200, headers: file.headers })
  })
}
