/**
 * The part of Electron that the app uses, in Electron's own types: so that a test's fake is checked by the compiler
 * against the real thing, and so that nothing but main/index.ts imports `electron` at run time.
 */
import type * as Electron from 'electron'

export type FrameLike = Pick<Electron.WebFrameMain, 'url'>

export interface ContentsLike
  extends Pick<
    Electron.WebContents,
    'send' | 'on' | 'setWindowOpenHandler' | 'isDestroyed' | 'forcefullyCrashRenderer'
  > {
  readonly mainFrame: FrameLike
}

export interface WindowLike
  extends Pick<
    Electron.BrowserWindow,
    | 'loadURL'
    | 'show'
    | 'hide'
    | 'isVisible'
    | 'isFocused'
    | 'focus'
    | 'isMinimized'
    | 'minimize'
    | 'restore'
    | 'isMaximized'
    | 'maximize'
    | 'getNormalBounds'
    | 'on'
    | 'once'
    | 'destroy'
    | 'isDestroyed'
  > {
  readonly webContents: ContentsLike
}

export type CallEventLike = { readonly senderFrame: FrameLike | null }

export interface IpcMainLike {
  handle(channel: string, listener: (event: CallEventLike, ...args: unknown[]) => Promise<unknown>): void
}

/** Our dialogs take no parent: a missing window must not keep an error from being shown. */
export interface DialogLike {
  showOpenDialog(options: Electron.OpenDialogOptions): Promise<Electron.OpenDialogReturnValue>
  showMessageBox(options: Electron.MessageBoxOptions): Promise<Electron.MessageBoxReturnValue>
  showErrorBox(title: string, content: string): void
}

export interface ProtocolLike {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void
  handle(scheme: string, handler: (request: { url: string; method: string }) => Promise<Response>): void
}

export type SessionLike = Pick<
  Electron.Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'flushStorageData'
>

export type AppLike = Pick<
  Electron.App,
  | 'whenReady'
  | 'requestSingleInstanceLock'
  | 'enableSandbox'
  | 'setPath'
  | 'getPreferredSystemLanguages'
  | 'on'
  | 'quit'
  | 'exit'
>

export type TrayLike = Pick<Electron.Tray, 'setToolTip' | 'setContextMenu' | 'on' | 'destroy'>

export interface NotificationLike extends Pick<Electron.Notification, 'show'> {
  on(event: 'click', listener: () => void): unknown
}

export type ShellLike = Pick<Electron.Shell, 'openExternal' | 'showItemInFolder'>

export interface ElectronLike {
  app: AppLike
  BrowserWindow: new (options: Electron.BrowserWindowConstructorOptions) => WindowLike
  protocol: ProtocolLike
  session: { readonly defaultSession: SessionLike }
  ipcMain: IpcMainLike
  dialog: DialogLike
  shell: ShellLike
  powerMonitor: Pick<Electron.PowerMonitor, 'on'>
  screen: { getAllDisplays(): Pick<Electron.Display, 'workArea'>[] }
  nativeImage: { createFromPath(file: string): Electron.NativeImage }
  Tray: new (image: Electron.NativeImage) => TrayLike
  Notification: {
    new (options: Electron.NotificationConstructorOptions): NotificationLike
    isSupported(): boolean
  }
  Menu: {
    setApplicationMenu(menu: Electron.Menu | null): void
    buildFromTemplate: typeof Electron.Menu.buildFromTemplate
  }
}
