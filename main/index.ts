/** Electron's entry: hands Electron and the built files to main/electron/start.ts. The only file that imports `electron`. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  Tray,
} from 'electron'
import { createApp } from './app/app.ts'
import { defaultDataFolder } from './app/data-folder.ts'
import { startElectron } from './electron/start.ts'
import { projectFolder } from './entries.ts'

const out = path.join(projectFolder(), 'out')

const electron = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  Notification,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  Tray,
}
// Not awaited: Electron is ready only after this module has been evaluated.
void startElectron(electron, {
  createApp,
  dataFolder: defaultDataFolder(),
  renderer: path.join(out, 'renderer'),
  preload: path.join(out, 'preload', 'index.cjs'),
  icon: path.join(projectFolder(), 'resources', 'icon.png'),
  platform: process.platform,
  signals: process,
  // For `npm start`, which serves to a browser where no window can be shown (scripts/start.mjs).
  shown() {
    if (process.env.IDIOLECT_SHOWN) writeFileSync(process.env.IDIOLECT_SHOWN, '')
  },
})
