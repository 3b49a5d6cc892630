/** `npm start`: sets up what is missing, then opens the app: in Electron where that can run, else in a browser. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { electronBinary, whyNoWindow } from './electron.mjs'
import { openInBrowser } from './open.mjs'
import { root, setUp } from './setup.mjs'
import { fail, readArgs, SetUpError, say } from './steps.mjs'

const usage = `npm start -- [options]
  --browser     serve the app to a browser on this machine
  --electron    try the app's own window; fetch Electron again if that failed before
  --data DIR    the data folder (default: IDIOLECT_HOME, else the system's place for application data)
  --port N      the browser host's port (default: 4517, or a free one when that is taken)
  --no-open     do not open the default browser, only print the address`

/**
 * Which host opens, and why.
 * @param {{browser: boolean, electron: boolean, noWindow: string | null, binary: string | null, whyNoBinary: string | null}} facts
 * @returns {{host: 'electron' | 'browser', why: string}}
 */
export function chooseHost(facts) {
  if (facts.browser) return { host: 'browser', why: '--browser was given' }
  if (facts.noWindow !== null && !facts.electron) return { host: 'browser', why: facts.noWindow }
  if (facts.binary !== null)
    return { host: 'electron', why: facts.electron ? '--electron was given' : 'it is installed' }
  const reason = facts.whyNoBinary ?? 'its binary is missing'
  const retry = facts.electron ? '' : '; `npm start -- --electron` tries again'
  return { host: 'browser', why: `Electron could not be fetched (${reason})${retry}` }
}

/** @param {string[]} argv */
export function parseStart(argv) {
  const options = {
    browser: { type: 'boolean', default: false },
    electron: { type: 'boolean', default: false },
    data: { type: 'string' },
    port: { type: 'string' },
    'no-open': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  }
  const { values } = readArgs({ args: argv, options, strict: true }, usage)
  if (values.browser && values.electron) throw new SetUpError('--browser and --electron exclude each other.', usage)
  const port = values.port === undefined ? null : Number(values.port)
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new SetUpError(`--port takes a whole number from 0 to 65535, not "${values.port}".`, usage)
  }
  const data = values.data === undefined ? null : path.resolve(process.env.INIT_CWD ?? process.cwd(), values.data)
  return { browser: values.browser, electron: values.electron, open: !values['no-open'], help: values.help, port, data }
}

/** Signals that somebody sent, and no crash. */
const wanted = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']

/**
 * Electron in a process of its own, with the terminal's signals.
 * @param {string} binary
 * @param {string | null} data the data folder
 * @returns {Promise<{code: number, failed: string | null}>} the exit code; how it ended, in words, where it did so by
 *   itself before its window was there
 */
export async function runElectron(binary, data) {
  const folder = mkdtempSync(path.join(tmpdir(), 'idiolect-start-'))
  // The app makes this file when its window is shown (main/index.ts).
  const sign = path.join(folder, 'shown')
  const env = { ...process.env, IDIOLECT_SHOWN: sign }
  // Set by some editors' terminals: Electron would run as plain Node.
  delete env.ELECTRON_RUN_AS_NODE
  if (data !== null) env.IDIOLECT_HOME = data
  const child = spawn(binary, [root], { stdio: 'inherit', env })
  let asked = false
  const interrupt = () => {
    // It reaches the child by itself.
    asked = true
  }
  const terminate = () => {
    asked = true
    child.kill('SIGTERM')
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  try {
    const [code, signal] = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (...end) => resolve(end))
    })
    const crashed = !asked && code !== 0 && !wanted.includes(signal) && !existsSync(sign)
    const how = signal === null ? `with code ${code}` : `by ${signal}`
    return {
      code: code ?? 1,
      failed: crashed ? `Electron ended ${how} before its window was there` : null,
    }
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', terminate)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main() {
  const options = parseStart(process.argv.slice(2))
  if (options.help) return say(usage)
  if (options.data !== null) process.env.IDIOLECT_HOME = options.data
  const noWindow = whyNoWindow({ binary: electronBinary(root) })
  const tryElectron = options.electron || (!options.browser && noWindow === null)
  const ready = await setUp({
    model: true,
    electron: tryElectron,
    retryElectron: options.electron,
    dataFolder: options.data ?? undefined,
  })
  const binary = tryElectron ? ready.electron : electronBinary(root)
  let choice = chooseHost({ ...options, noWindow, binary, whyNoBinary: ready.whyNoElectron })
  if (choice.host === 'electron') {
    say(`Opening Idiolect in Electron: ${choice.why}.`)
    const { code, failed } = await runElectron(binary, options.data)
    if (failed === null) {
      process.exitCode = code
      return
    }
    choice = { host: 'browser', why: failed }
  }
  say(`Serving Idiolect to a browser: ${choice.why}.`)
  const { serveBrowser } = await import(pathToFileURL(path.join(root, 'out', 'main', 'browser.js')).href)
  const served = await serveBrowser({ dataFolder: options.data ?? undefined, port: options.port ?? undefined })
  if (options.open && (await openInBrowser(served.ticket()))) say('Opening it in your default browser.')
  say('Ctrl-C ends it.')
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main().catch(fail)
