/** What the window may not do: ask for permissions, go elsewhere, open windows. */
import type { ContentsLike, ElectronLike, SessionLike } from './electron-like.ts'
import { isOurs } from './protocol.ts'

/** The copy buttons write plain text; nothing reads the clipboard. */
const allowed = 'clipboard-sanitized-write'

/** Every permission and device is refused but the one above. */
export function denyPermissions(session: SessionLike): void {
  session.setPermissionRequestHandler((contents, permission, callback) =>
    callback(permission === allowed && isOurs(contents.getURL())),
  )
  session.setPermissionCheckHandler((_contents, permission, origin) => permission === allowed && isOurs(origin))
  session.setDevicePermissionHandler(() => false)
}

/** May this address be handed to the system's browser: https only, and no credentials in it. */
export function mayOpenOutside(address: string): boolean {
  try {
    const url = new URL(address)
    return url.protocol === 'https:' && url.username === '' && url.password === ''
  } catch {
    return false
  }
}

/** The contents stay on our own pages. A link to elsewhere opens in the system's browser, if it is https. */
export function guardContents(contents: ContentsLike, shell: ElectronLike['shell']): void {
  const outside = (address: string) => {
    if (mayOpenOutside(address)) void shell.openExternal(address).catch(() => {})
  }
  contents.setWindowOpenHandler(({ url }) => {
    outside(url)
    return { action: 'deny' }
  })
  contents.on('will-navigate', (event) => {
    if (isOurs(event.url)) return
    event.preventDefault()
    outside(event.url)
  })
  contents.on('will-frame-navigate', (event) => {
    if (!isOurs(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isOurs(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}
