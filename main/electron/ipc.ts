/** The contract over Electron's IPC: calls from our own page's main frame, events to it. */
import type { App } from '../app/types.ts'
import { IdiolectError, toContractError } from '../errors.ts'
import { callByName } from '../host/answer.ts'
import type { IpcMainLike, WindowLike } from './electron-like.ts'
import { isOurs } from './protocol.ts'

/** Electron keeps only an error's message, so that errors cross as data (preload/index.ts throws them again). */
export function serveCalls(ipcMain: IpcMainLike, window: WindowLike, app: App): void {
  ipcMain.handle('idiolect:call', async (event, name, input) => {
    try {
      const frame = event.senderFrame
      if (frame === null || frame !== window.webContents.mainFrame || !isOurs(frame.url)) {
        throw new IdiolectError('WrongSender', 'This page may not call Idiolect.')
      }
      return { ok: true, value: await callByName(app.handlers, name, input) }
    } catch (error) {
      return { ok: false, error: toContractError(error) }
    }
  })
}

/** @returns ends it */
export function sendEvents(window: WindowLike, app: App): () => void {
  return app.events.on((name, event) => {
    if (!window.isDestroyed() && !window.webContents.isDestroyed()) {
      window.webContents.send('idiolect:event', name, event)
    }
  })
}
