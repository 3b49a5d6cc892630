/**
 * The app, opened on a data folder in one of its two windows: a page of Chromium on the browser host, or Electron's
 * own. A spec is written once against `OpenApp`; where a window cannot be had, the reason is there in words.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { _electron, type Browser, chromium, type Page } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'
import { childrenOf, type Environment, startHost, whyNoHost } from './host.ts'
import { watchForTrouble } from './page.ts'

export interface OpenedApp {
  page: Page
  /** The address with its token; null in Electron. */
  address: string | null
  /** What went wrong so far; a test's last word is that this is empty. */
  trouble: string[]
  /** Process ids of the host's children. */
  children(): number[]
  /** Ends window and host as a user does; the host's exit code. */
  close(): Promise<number | null>
  /** Kills the host without warning. Chromium's page stays open. */
  kill(): Promise<void>
}

export type OpenApp = (data: string, env?: Environment) => Promise<OpenedApp>

/** A busy machine is not a failure. */
const PATIENCE = 60_000
const size = { width: 1280, height: 800 }

function chromiumFile(): string | null {
  const named = process.env.CHROMIUM
  if (named) return existsSync(named) ? named : null
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)))
  return files.find((file) => path.isAbsolute(file) && existsSync(file)) ?? null
}

/** The binary that the package's own installer fetched, or null. */
function electronFile(): string | null {
  const folder = path.join(projectFolder(), 'node_modules', 'electron')
  const name = path.join(folder, 'path.txt')
  const file = existsSync(name) ? path.join(folder, 'dist', readFileSync(name, 'utf8').trim()) : null
  return file !== null && existsSync(file) ? file : null
}

/** Why there is no app in Chromium here, in words, or null. */
export function whyNoChromium(): string | null {
  return whyNoHost() ?? (chromiumFile() === null ? 'there is no Chromium' : null)
}

/** Why there is no app in Electron here, in words, or null. */
export function whyNoElectron(): string | null {
  if (whyNoHost() !== null) return whyNoHost()
  if (electronFile() === null) return "Electron's binary is not installed"
  const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  return process.platform === 'linux' && !display ? 'there is no display' : null
}

/** Headless, on the machine's software renderer, and silent on the network. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumFile() ?? '',
    timeout: 120_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--no-default-browser-check',
    ],
  })
}

/** A page in a profile of its own. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: size, colorScheme: 'light', reducedMotion: 'reduce' })
  context.setDefaultTimeout(PATIENCE)
  return context.newPage()
}

/** Opens the app in pages of this browser. */
export function inChromium(browser: () => Browser): OpenApp {
  return async (data, env = {}) => {
    const host = await startHost(data, env)
    const page = await newPage(browser())
    const trouble = watchForTrouble(page)
    await page.goto(host.address)
    return {
      page,
      address: host.address,
      trouble,
      children: () => childrenOf(host.pid),
      async close() {
        await page.context().close()
        return host.stop()
      },
      kill: () => host.kill(),
    }
  }
}

/** Opens the app in Electron. */
export const inElectron: OpenApp = async (data, env = {}) => {
  const { ELECTRON_RUN_AS_NODE: _, ...own } = process.env as Environment
  const asRoot = process.getuid?.() === 0
  const app = await _electron.launch({
    executablePath: electronFile() ?? '',
    args: [...(asRoot ? ['--no-sandbox'] : []), projectFolder()],
    env: { ...own, ...env, IDIOLECT_HOME: data },
  })
  const page = await app.firstWindow()
  page.setDefaultTimeout(PATIENCE)
  await page.setViewportSize(size)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  const child = app.process()
  return {
    page,
    address: null,
    trouble: watchForTrouble(page),
    children: () => childrenOf(child.pid ?? 0),
    async close() {
      await app.close()
      return child.exitCode
    },
    async kill() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}
