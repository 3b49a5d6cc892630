/**
 * The app in its own window. Electron is handed in, so that all of this is tested against a typed fake. It knows
 * windows, dialogs and IPC; it does not know models, files of the user or what the calls do.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type * as Electron from 'electron'
import type { App, CreateApp } from '../app/types.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { makeDataFolder } from '../store/make-folder.ts'
import { type Background, followTraining } from './background.ts'
import { readBounds, smallest, writeBounds } from './bounds.ts'
import { askToEndPage, askToLeave, askToLose, fileDialogs } from './dialogs.ts'
import type { ElectronLike, WindowLike } from './electron-like.ts'
import { createFarewell } from './farewell.ts'
import { denyPermissions, guardContents } from './guards.ts'
import { sendEvents, serveCalls } from './ipc.ts'
import { appOrigin, registerScheme, serveRenderer } from './protocol.ts'
import { recoverPage } from './recovery.ts'
import { type DesktopWords, desktopWords } from './words.ts'

export interface ElectronDeps {
  createApp: CreateApp
  /** Absolute path. */
  dataFolder: string
  /** Folder of the built renderer. */
  renderer: string
  /** The built preload, one CommonJS file. */
  preload: string
  /** A square picture for the tray, absolute path. */
  icon: string
  platform: NodeJS.Platform
  /** The process, whose plain kill is the system's wish to end. */
  signals: { on(signal: 'SIGTERM', listener: () => void): unknown }
  /** Called when the window is there to be seen. */
  shown?: () => void
}

const busyStages = new Set(['preparing', 'training', 'proving'])

function applicationMenu(platform: NodeJS.Platform, words: DesktopWords): Electron.MenuItemConstructorOptions[] {
  const view: Electron.MenuItemConstructorOptions = {
    label: words.view,
    submenu: [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'togglefullscreen' }],
  }
  const first: Electron.MenuItemConstructorOptions =
    platform === 'darwin' ? { role: 'appMenu' } : { label: words.file, submenu: [{ role: 'quit' }] }
  // The edit menu carries the shortcuts of copy and paste on macOS.
  return [first, { role: 'editMenu' }, view, { role: 'windowMenu' }]
}

/** @param spellCheck the owner turned it on */
function openWindow(electron: ElectronLike, deps: ElectronDeps, spellCheck: boolean): WindowLike {
  const displays = electron.screen.getAllDisplays().map((display) => display.workArea)
  const { maximized, ...bounds } = readBounds(deps.dataFolder, displays)
  const window = new electron.BrowserWindow({
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: 'Idiolect',
    // Shown when painted: no white flash.
    show: false,
    webPreferences: {
      preload: deps.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      // On macOS the system's own checker; elsewhere Chromium fetches a dictionary, so only where the owner said so.
      spellcheck: deps.platform === 'darwin' || spellCheck,
    },
  })
  guardContents(window.webContents, electron.shell)
  if (maximized) window.maximize()
  window.once('ready-to-show', () => {
    window.show()
    deps.shown?.()
  })
  return window
}

async function trainingGoesOn(app: App): Promise<boolean> {
  // A failing question must not keep the app from quitting.
  const state = await app.handlers['train.state']({}).catch(() => null)
  return state !== null && busyStages.has(state.stage)
}

function showError(electron: ElectronLike, error: unknown): void {
  const next = error instanceof IdiolectError && error.next !== null ? `\n\n${error.next}` : ''
  electron.dialog.showErrorBox('Idiolect', `${messageOf(error)}${next}`)
}

/**
 * Starts the app. Resolves when the window loads, or at once where another instance has the data folder.
 * Never rejects: what cannot be started is shown in a box and ends the process with code 1.
 */
export async function startElectron(electron: ElectronLike, deps: ElectronDeps): Promise<void> {
  registerScheme(electron.protocol)
  electron.app.enableSandbox()
  // Chromium's own files; the single-instance lock stands there too, so it is one instance a data folder.
  const chromium = path.join(deps.dataFolder, 'window')
  try {
    makeDataFolder(deps.dataFolder)
    mkdirSync(chromium, { recursive: true })
  } catch (error) {
    showError(electron, error)
    return electron.app.exit(1)
  }
  electron.app.setPath('userData', chromium)
  if (!electron.app.requestSingleInstanceLock()) return electron.app.quit()

  let window: WindowLike | null = null
  const show = () => {
    if (window === null || window.isDestroyed()) return
    if (!window.isVisible()) window.show()
    if (window.isMinimized()) window.restore()
    window.focus()
  }
  electron.app.on('second-instance', show)
  electron.app.on('activate', show)
  await electron.app.whenReady()
  denyPermissions(electron.session.defaultSession)
  serveRenderer(electron.protocol, deps.renderer)

  let opened: App | null = null
  const words = () => desktopWords(electron.app, opened)
  let app: App
  try {
    app = await deps.createApp({
      dataFolder: deps.dataFolder,
      host: 'electron',
      files: fileDialogs(electron.dialog, words, electron.shell),
    })
    opened = app
    const menu = applicationMenu(deps.platform, await words())
    electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menu))
  } catch (error) {
    showError(electron, error)
    return electron.app.exit(1)
  }
  // A failing question must not keep the window from opening.
  const settings = await app.handlers['app.settings']({}).catch(() => null)
  const shown = openWindow(electron, deps, settings?.spellCheck === true)
  window = shown
  const farewell = createFarewell(shown)
  serveCalls(electron.ipcMain, shown, { ...app, handlers: { ...app.handlers, 'app.left': farewell.left } })
  const forget = sendEvents(shown, app)
  const background: Background = followTraining({
    electron,
    app,
    window: shown,
    icon: deps.icon,
    words,
    show,
    quit: () => void leave('app'),
  })

  let leaving: 'no' | 'asked' | 'system' | 'yes' = 'no'
  const hide = (): void => {
    if (shown.isDestroyed()) return
    // On Linux nothing tells whether a tray icon is shown to anybody: a window in the task bar can always be had back.
    if (deps.platform === 'linux') shown.minimize()
    else shown.hide()
  }
  /** @param why `window`: it was closed, and training may go on without it, where a tray shows that it does */
  async function mayLeave(why: 'window' | 'app'): Promise<boolean> {
    if (await trainingGoesOn(app)) {
      const answer = await askToLeave(electron.dialog, await words(), why === 'window' && background.hasTray())
      if (answer === 'background') hide()
      if (answer !== 'quit') return false
    }
    // The last words typed may still be on their way; without an answer the window is past saving anything.
    return (await farewell.ask()) !== false || (await askToLose(electron.dialog, await words()))
  }
  /** @param why `system`: it ends, or ends this program, and there may be nobody to answer a question */
  async function leave(why: 'window' | 'app' | 'system'): Promise<void> {
    const stands = (...states: (typeof leaving)[]): boolean => states.includes(leaving)
    if (why === 'system') {
      if (stands('system', 'yes')) return
      leaving = 'system'
      // Before anything that is waited for: the system may not wait.
      app.rememberRuns()
      await farewell.ask()
    } else {
      if (!stands('no')) return
      leaving = 'asked'
      const may = await mayLeave(why)
      // The system did not wait for the answer.
      if (!stands('asked')) return
      if (!may) {
        leaving = 'no'
        return
      }
    }
    leaving = 'yes'
    if (!shown.isDestroyed()) {
      writeBounds(deps.dataFolder, { ...shown.getNormalBounds(), maximized: shown.isMaximized() })
    }
    forget()
    background.end()
    let code = 0
    try {
      await app.close()
    } catch (error) {
      // A box would wait for somebody to close it.
      if (why !== 'system') showError(electron, error)
      code = 1
    }
    if (!shown.isDestroyed()) shown.destroy()
    // What the window keeps by itself is written lazily.
    electron.session.defaultSession.flushStorageData()
    electron.app.exit(code)
  }
  // Both ways out are held until the app is closed: then `exit` ends the process without asking again.
  const hold = (why: 'window' | 'app' | 'system') => (event?: { preventDefault(): void }) => {
    if (leaving === 'yes') return
    event?.preventDefault()
    void leave(why)
  }
  shown.on('close', hold('window'))
  electron.app.on('before-quit', hold('app'))
  // Windows' own end is not held up, since it would name us as the one that hinders it; the others wait a moment.
  shown.on('query-session-end', () => void leave('system'))
  shown.on('session-end', () => void leave('system'))
  electron.powerMonitor.on('shutdown', hold('system'))
  deps.signals.on('SIGTERM', () => void leave('system'))

  const load = () => shown.loadURL(`${appOrigin}/`).catch((error: unknown) => showError(electron, error))
  recoverPage({
    window: shown,
    load,
    askToEnd: async () => askToEndPage(electron.dialog, await words()),
    giveUp: () => void words().then(({ crashed }) => electron.dialog.showErrorBox('Idiolect', crashed)),
  })
  await load()
}
