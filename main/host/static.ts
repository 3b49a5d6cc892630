/**
 * The built renderer's files, for the browser host and for Electron's app:// protocol: which file an address means, its
 * type, and the headers that go with it. Knows no transport.
 */
import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
}

/**
 * Scripts, styles and connections from the app itself only. Inline style attributes are allowed because Svelte's
 * `style:` directives write them; inline scripts are not.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

/** Headers of every answer, files and calls alike. */
export const securityHeaders: Record<string, string> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
}

export interface StaticFile {
  body: Buffer
  headers: Record<string, string>
}

/**
 * Reads the file that an address's path means.
 * @param folder the renderer's folder
 * @param pathname the path of a parsed URL, still percent-encoded; `/` means index.html
 * @returns null when there is no such file, or when the path leads out of the folder in any way
 */
export async function readStatic(folder: string, pathname: string): Promise<StaticFile | null> {
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (name.includes('\0') || name.includes('\\')) return null
  if (name.split('/').some((part) => part === '..' || part.startsWith('.'))) return null
  const relative = name.replace(/^\/+/, '') || 'index.html'
  const type = types[path.extname(relative).toLowerCase()]
  if (type === undefined) return null
  try {
    const root = await realpath(folder)
    // A link inside the folder must not lead out of it.
    const file = await realpath(path.join(root, relative))
    if (!file.startsWith(root + path.sep)) return null
    const body = await readFile(file)
    // Vite names everything under assets/ by its content.
    const forever = relative.startsWith('assets/')
    const cache = forever ? 'private, max-age=31536000, immutable' : 'no-cache'
    return { body, headers: { ...securityHeaders, 'content-type': type, 'cache-control': cache } }
  } catch {
    return null
  }
}
