/** `npm start`: sets up what is missing, then opens the app: in Electron where that can run, else in a browser. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { electronBinary, whyNoWindow } from './electron.mjs'
import { openInBrowser } from './open.mjs'
import { root, setUp } from './setup.mjs'
import { fail, SetUpError, say } from './steps.mjs'

const usage = `npm start -- [options]
  --browser     serve the app to a browser on this machine
  --electron    open the app's own window; fetch Electron again if that failed before
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
  let values
  try {
    values = parseArgs({ args: argv, options, strict: true }).values
  } catch (error) {
    throw new SetUpError(error.message, usage)
  }
  if (values.browser && values.electron) throw new SetUpError('--browser and --electron exclude each other.', usage)
  const port = values.port === undefined ? null : Number(values.port)
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new SetUpError(`--port takes a whole number from 0 to 65535, not "${values.port}".`, usage)
  }
  const data = values.data === undefined ? null : path.resolve(process.env.INIT_CWD ?? process.cwd(), values.data)
  return { browser: values.browser, electron: values.electron, open: !values['no-open'], help: values.help, port, data }
}

/** Electron in a process of its own, with the terminal's signals; resolves to its exit code. */
function runElectron(binary, data) {
  const env = { ...process.env }
  // Set by some editors' terminals: Electron would run as plain Node.
  delete env.ELECTRON_RUN_AS_NODE
  if (data !== null) env.IDIOLECT_HOME = data
  const child = spawn(binary, [root], { stdio: 'inherit', env })
  // Ctrl-C reaches the child by itself; a plain kill of this process must be passed on.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? (signal === null ? 0 : 1)))
  })
}

async function main() {
  const options = parseStart(process.argv.slice(2))
  if (options.help) return say(usage)
  if (options.data !== null) process.env.IDIOLECT_HOME = options.data
  const noWindow = whyNoWindow()
  const tryElectron = options.electron || (!options.browser && noWindow === null)
  const ready = await setUp({
    model: true,
    electron: tryElectron,
    retryElectron: options.electron,
    dataFolder: options.data ?? undefined,
  })
  const binary = tryElectron ? ready.electron : electronBinary(root)
  const choice = chooseHost({ ...options, noWindow, binary, whyNoBinary: ready.whyNoElectron })
  if (choice.host === 'electron') {
    say(`Opening Idiolect in Electron: ${choice.why}.`)
    process.exitCode = await runElectron(binary, options.data)
    return
  }
  say(`Serving Idiolect to a browser: ${choice.why}.`)
  const { serveBrowser } = await import(pathToFileURL(path.join(root, 'out', 'main', 'browser.js')).href)
  const served = await serveBrowser({ dataFolder: options.data ?? undefined, port: options.port ?? undefined })
  if (options.open && (await openInBrowser(served.ticket()))) say('Opening it in your default browser.')
  say('Ctrl-C ends it.')
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main().catch(fail)
