/** Electron's binary: is it there, can it be fetched, can this machine show a window at all. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run, tail } from './child.mjs'

const day = 24 * 60 * 60 * 1000
/** Milliseconds for fetching about 120 MB; after that the browser host serves, and `--electron` tries again. */
const fetchLimit = 6 * 60 * 1000

function readText(file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}

const failureFile = (root) => path.join(root, '.idiolect', 'electron-failed.json')
const electronFolder = (root) => path.join(root, 'node_modules', 'electron')

function electronVersion(root) {
  const text = readText(path.join(electronFolder(root), 'package.json'))
  return text === null ? null : JSON.parse(text).version
}

/**
 * @param {string} root
 * @returns {string | null} absolute path of the binary of the very version that the lock file names
 */
export function electronBinary(root) {
  const folder = electronFolder(root)
  const name = readText(path.join(folder, 'path.txt'))
  if (name === null) return null
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(folder, 'dist')
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH === undefined) {
    if (readText(path.join(dist, 'version'))?.replace(/^v/, '') !== electronVersion(root)) return null
  }
  const file = path.join(dist, name)
  return existsSync(file) ? file : null
}

/**
 * Why a window cannot be shown here, whatever is installed; null when nothing speaks against it.
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} platform
 * @param {number | null} user the user's id, null where there is none
 */
export function whyNoWindow(env = process.env, platform = process.platform, user = process.getuid?.() ?? null) {
  if (env.CI) return 'this is a CI run (CI is set)'
  if (platform !== 'linux') return null
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)'
  if (user === 0) return 'Electron does not run as root'
  return null
}

/**
 * The remembered reason of a failed fetch of this version, if it is younger than a day.
 * @param {string} root
 */
export function electronFailure(root, now = Date.now()) {
  const text = readText(failureFile(root))
  if (text === null) return null
  try {
    const { version, at, reason } = JSON.parse(text)
    return version === electronVersion(root) && now - Date.parse(at) < day ? String(reason) : null
  } catch {
    return null
  }
}

/**
 * Fetches the binary with Electron's own installer (which checks its sha256). A failure is remembered for a day.
 * @param {string} root
 * @returns {Promise<string | null>} why it failed, or null
 */
export async function fetchElectron(root) {
  rmSync(failureFile(root), { force: true })
  const installer = path.join(electronFolder(root), 'install.js')
  const { code, output, timedOut } = await run(process.execPath, [installer], { cwd: root, limit: fetchLimit })
  if (code === 0 && electronBinary(root) !== null) return null
  const line = output.split('\n').find((text) => /error/i.test(text)) ?? tail(output, 1)
  const cause = line.replace(/^(Type|Request)?Error: /, '')
  const reason = timedOut ? `no answer within ${fetchLimit / 60_000} minutes` : cause.trim() || `exit code ${code}`
  mkdirSync(path.dirname(failureFile(root)), { recursive: true })
  const failure = { version: electronVersion(root), at: new Date().toISOString(), reason }
  writeFileSync(failureFile(root), JSON.stringify(failure))
  return reason
}
