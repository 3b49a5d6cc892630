/** Electron's binary: is it there, can it be fetched, can this machine show a window at all. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  try {
    return JSON.parse(text ?? '').version
  } catch {
    return null
  }
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
 * Why a window cannot be shown here; null when nothing speaks against it.
 * @param {{
 *   env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform, user?: number | null, binary?: string | null,
 *   read?: (file: string) => string | null, stat?: (file: string) => {uid: number, mode: number} | null
 * }} machine `user`: the user's id, null where there is none; `binary`: Electron's, null where it is still to be fetched
 */
export function whyNoWindow(machine = {}) {
  const { env = process.env, platform = process.platform, user = process.getuid?.() ?? null } = machine
  if (env.CI) return 'this is a CI run (CI is set)'
  if (platform !== 'linux') return null
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)'
  if (user === 0) return 'Electron does not run as root'
  return whyNoSandbox(machine.binary ?? null, machine.read ?? readText, machine.stat ?? statOf)
}

/** What keeps a user's programs from the namespaces that Chromium's sandbox is made of, and at which value. */
const namespaceLimits = [
  // Ubuntu since 23.10.
  ['kernel/apparmor_restrict_unprivileged_userns', '1'],
  ['kernel/unprivileged_userns_clone', '0'],
  ['user/max_user_namespaces', '0'],
]

/**
 * Electron ends at once where it can make no sandbox: neither by namespaces nor by its helper, which npm does not make
 * root's. A profile of AppArmor's may still allow it, which is not looked for: `--electron` tries.
 */
function whyNoSandbox(binary, read, stat) {
  const limit = namespaceLimits.find(([name, value]) => read(`/proc/sys/${name}`) === value)
  if (limit === undefined) return null
  const helper = binary === null ? null : stat(path.join(path.dirname(binary), 'chrome-sandbox'))
  if (helper?.uid === 0 && (helper.mode & 0o7777) === 0o4755) return null
  const [name, value] = limit
  return `this system lets Electron make no sandbox (${name.replace('/', '.')} is ${value}); \`npm start -- --electron\` tries`
}

function statOf(file) {
  return statSync(file, { throwIfNoEntry: false }) ?? null
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
  remember(root, null)
  const installer = path.join(electronFolder(root), 'install.js')
  const { code, output, timedOut } = await run(process.execPath, [installer], { cwd: root, limit: fetchLimit })
  if (code === 0 && electronBinary(root) !== null) return null
  const line = output.split('\n').find((text) => /error/i.test(text)) ?? tail(output, 1)
  const cause = line.replace(/^(Type|Request)?Error: /, '')
  const reason = timedOut ? `no answer within ${fetchLimit / 60_000} minutes` : cause.trim() || `exit code ${code}`
  remember(root, { version: electronVersion(root), at: new Date().toISOString(), reason })
  return reason
}

/** In a checkout that may not be written nothing is remembered: it is tried again the next time. */
function remember(root, failure) {
  try {
    rmSync(failureFile(root), { force: true })
    if (failure === null) return
    mkdirSync(path.dirname(failureFile(root)), { recursive: true })
    writeFileSync(failureFile(root), JSON.stringify(failure))
  } catch {}
}

/**
 * The binary, fetched where it is missing and has not failed within the last day. Two at once fetch it once.
 * @param {string} root
 * @param {{
 *   retry?: boolean, alone: <T>(work: () => Promise<T>) => Promise<T>, step: <T>(fetch: () => Promise<T>) => Promise<T>
 * }} how `retry`: also when it failed; `alone`: keeps other set-ups away; `step`: shows the fetching
 * @returns {Promise<{binary: string | null, why: string | null}>} why it is not there
 */
export async function readyElectron(root, { retry = false, alone, step }) {
  const found = () => {
    const binary = electronBinary(root)
    return { binary, why: binary === null && !retry ? electronFailure(root) : null }
  }
  const before = found()
  if (before.binary !== null || before.why !== null) return before
  try {
    return await alone(async () => {
      // Another set-up may have fetched it while this one waited.
      const now = found()
      if (now.binary !== null || now.why !== null) return now
      const why = await step(() => fetchElectron(root))
      return { binary: electronBinary(root), why }
    })
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(error?.code)) throw error
    return { binary: null, why: error.message }
  }
}
