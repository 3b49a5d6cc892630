/** A typed fake of the part of Electron that the app uses: it remembers what was asked of it. */
import { EventEmitter } from 'node:events'
import type * as Electron from 'electron'
import type {
  CallEventLike,
  ContentsLike,
  ElectronLike,
  FrameLike,
  TrayLike,
  WindowLike,
} from '../../main/electron/electron-like.ts'

type Invoke = (event: CallEventLike, ...args: unknown[]) => Promise<unknown>
type PermissionRequest = NonNullable<Parameters<Electron.Session['setPermissionRequestHandler']>[0]>
type PermissionCheck = NonNullable<Parameters<Electron.Session['setPermissionCheckHandler']>[0]>

export interface FakeWindow extends WindowLike {
  readonly options: Electron.BrowserWindowConstructorOptions
  readonly events: EventEmitter
  readonly contentsEvents: EventEmitter
  readonly frame: FrameLike & { url: string }
  readonly sent: unknown[][]
  readonly log: string[]
  openHandler: Parameters<ContentsLike['setWindowOpenHandler']>[0] | null
  bounds: Electron.Rectangle
  maximized: boolean
  minimized: boolean
  visible: boolean
  focused: boolean
  destroyed: boolean
  /** How often a page was loaded. */
  loads: number
}

export interface FakeElectron extends ElectronLike {
  readonly appEvents: EventEmitter
  readonly powerEvents: EventEmitter
  readonly log: string[]
  readonly windows: FakeWindow[]
  readonly opened: string[]
  readonly errors: string[]
  readonly questions: Electron.MessageBoxOptions[]
  readonly openDialogs: Electron.OpenDialogOptions[]
  readonly paths: Record<string, string>
  schemes: Electron.CustomScheme[]
  serve: ((request: { url: string; method: string }) => Promise<Response>) | null
  invoke: Invoke | null
  permissionRequest: PermissionRequest | null
  permissionCheck: PermissionCheck | null
  deviceCheck: ((details: Electron.DevicePermissionHandlerHandlerDetails) => boolean) | null
  menu: Electron.MenuItemConstructorOptions[]
  /** Trays that stand, newest last. */
  readonly trays: FakeTray[]
  readonly notifications: (Electron.NotificationConstructorOptions & { click(): void })[]
  exitCode: number | null
  answers: {
    lock: boolean
    button: number
    files: string[] | null
    displays: Electron.Rectangle[]
    languages: string[]
    tray: boolean
    /** What the page answers when it is asked to save; null: nothing. */
    saved: boolean | null
  }
}

export function fakeEvent(url = '') {
  const event = { url, prevented: false, preventDefault: () => {} }
  event.preventDefault = () => {
    event.prevented = true
  }
  return event
}

function makeWindow(options: Electron.BrowserWindowConstructorOptions, heard: (event: unknown) => void): FakeWindow {
  const events = new EventEmitter()
  const contentsEvents = new EventEmitter()
  const frame = { url: '' }
  const sent: unknown[][] = []
  const log: string[] = []
  const webContents: ContentsLike = {
    mainFrame: frame,
    send: (...args) => {
      sent.push(args)
      heard(args[1])
    },
    on: contentsEvents.on.bind(contentsEvents) as ContentsLike['on'],
    isDestroyed: () => window.destroyed,
    forcefullyCrashRenderer: () => {
      log.push('crash')
      contentsEvents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
    },
    setWindowOpenHandler: (handler) => {
      window.openHandler = handler
    },
  }
  const window: FakeWindow = {
    options,
    events,
    contentsEvents,
    frame,
    sent,
    log,
    webContents,
    openHandler: null,
    bounds: { x: 10, y: 20, width: 1000, height: 700 },
    maximized: false,
    minimized: false,
    visible: true,
    focused: true,
    destroyed: false,
    loads: 0,
    loadURL: async (url) => {
      frame.url = url
      window.loads += 1
    },
    show: () => {
      window.visible = true
      log.push('show')
    },
    hide: () => {
      window.visible = false
      log.push('hide')
    },
    isVisible: () => window.visible,
    isFocused: () => window.focused,
    focus: () => void log.push('focus'),
    isMinimized: () => window.minimized,
    minimize: () => {
      window.minimized = true
      window.focused = false
      log.push('minimize')
    },
    restore: () => {
      window.minimized = false
      log.push('restore')
    },
    isMaximized: () => window.maximized,
    maximize: () => void log.push('maximize'),
    getNormalBounds: () => window.bounds,
    on: events.on.bind(events) as unknown as WindowLike['on'],
    once: events.once.bind(events) as unknown as WindowLike['once'],
    destroy: () => {
      window.destroyed = true
    },
    isDestroyed: () => window.destroyed,
  }
  return window
}

export interface FakeTray extends TrayLike {
  tip: string
  menu: Electron.MenuItemConstructorOptions[]
  readonly events: EventEmitter
}

function makeTray(trays: FakeTray[]): FakeTray {
  const events = new EventEmitter()
  const tray: FakeTray = {
    tip: '',
    menu: [],
    events,
    setToolTip: (tip) => {
      tray.tip = tip
    },
    setContextMenu: (menu) => {
      tray.menu = menu as unknown as Electron.MenuItemConstructorOptions[]
    },
    on: events.on.bind(events) as unknown as TrayLike['on'],
    destroy: () => void trays.splice(trays.indexOf(tray), 1),
  }
  trays.push(tray)
  return tray
}

export function fakeElectron(): FakeElectron {
  const appEvents = new EventEmitter()
  const powerEvents = new EventEmitter()
  const log: string[] = []
  const windows: FakeWindow[] = []
  const fake: FakeElectron = {
    appEvents,
    powerEvents,
    log,
    windows,
    opened: [],
    errors: [],
    questions: [],
    openDialogs: [],
    paths: {},
    schemes: [],
    serve: null,
    invoke: null,
    permissionRequest: null,
    permissionCheck: null,
    deviceCheck: null,
    menu: [],
    trays: [],
    notifications: [],
    exitCode: null,
    answers: {
      lock: true,
      button: 1,
      files: null,
      displays: [{ x: 0, y: 0, width: 1920, height: 1040 }],
      languages: ['en'],
      tray: true,
      saved: true,
    },
    app: {
      whenReady: async () => void log.push('ready'),
      requestSingleInstanceLock: () => fake.answers.lock,
      enableSandbox: () => void log.push('sandbox'),
      setPath: (name, path) => {
        fake.paths[name] = path
      },
      on: ((name: string, listener: (...args: unknown[]) => void) => appEvents.on(name, listener)) as never,
      getPreferredSystemLanguages: () => fake.answers.languages,
      quit: () => void log.push('quit'),
      exit: (code) => {
        fake.exitCode = code ?? 0
      },
    },
    BrowserWindow: class {
      constructor(options: Electron.BrowserWindowConstructorOptions) {
        const window: FakeWindow = makeWindow(options, (event) => {
          if (event !== 'app.leaving' || fake.answers.saved === null) return
          void fake.invoke?.({ senderFrame: window.frame }, 'app.left', { saved: fake.answers.saved })
        })
        windows.push(window)
        // biome-ignore lint/correctness/noConstructorReturn: the fake is a plain object behind Electron's `new`
        return window
      }
    } as unknown as ElectronLike['BrowserWindow'],
    protocol: {
      registerSchemesAsPrivileged: (schemes) => {
        log.push('schemes')
        fake.schemes = schemes
      },
      handle: (_scheme, handler) => {
        fake.serve = handler
      },
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler) => {
          fake.permissionRequest = handler
        },
        setPermissionCheckHandler: (handler) => {
          fake.permissionCheck = handler
        },
        setDevicePermissionHandler: (handler) => {
          fake.deviceCheck = handler
        },
        flushStorageData: () => void log.push('flush storage'),
      },
    },
    ipcMain: {
      handle: (channel, listener) => {
        if (channel === 'idiolect:call') fake.invoke = listener
      },
    },
    dialog: {
      showOpenDialog: async (options) => {
        fake.openDialogs.push(options)
        return { canceled: fake.answers.files === null, filePaths: fake.answers.files ?? [] }
      },
      showMessageBox: async (options) => {
        fake.questions.push(options)
        return { response: fake.answers.button, checkboxChecked: false }
      },
      showErrorBox: (_title, content) => void fake.errors.push(content),
    },
    shell: {
      openExternal: async (url) => void fake.opened.push(url),
      showItemInFolder: (path) => void fake.opened.push(path),
    },
    powerMonitor: { on: powerEvents.on.bind(powerEvents) as unknown as ElectronLike['powerMonitor']['on'] },
    screen: { getAllDisplays: () => fake.answers.displays.map((workArea) => ({ workArea })) },
    nativeImage: {
      createFromPath: (file) => ({ file, resize: () => ({ file }) }) as unknown as Electron.NativeImage,
    },
    Tray: class {
      constructor() {
        if (!fake.answers.tray) throw new Error('there is no tray')
        const tray = makeTray(fake.trays)
        // biome-ignore lint/correctness/noConstructorReturn: the fake is a plain object behind Electron's `new`
        return tray
      }
    } as unknown as ElectronLike['Tray'],
    Notification: class {
      static isSupported = () => true
      #listeners = new EventEmitter()
      readonly options: Electron.NotificationConstructorOptions
      constructor(options: Electron.NotificationConstructorOptions) {
        this.options = options
      }
      on(event: 'click', listener: () => void) {
        return this.#listeners.on(event, listener)
      }
      show() {
        fake.notifications.push({ ...this.options, click: () => void this.#listeners.emit('click') })
      }
    },
    Menu: {
      setApplicationMenu: (menu) => {
        log.push('menu')
        fake.menu = menu as unknown as Electron.MenuItemConstructorOptions[]
      },
      // The template is its own menu here.
      buildFromTemplate: (template) => template as unknown as Electron.Menu,
    },
  }
  return fake
}
