/**
 * Sets up whatever a bare clone lacks: packages, build, Electron's binary, starter model. A step that is done is not
 * done again, and when nothing is missing nothing is read from the network. Node's own modules only: this runs first.
 */
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { alone } from './alone.mjs'
import { build, buildReady } from './build.mjs'
import { electronBinary, electronFailure, fetchElectron } from './electron.mjs'
import { installPackages, packagesReady } from './packages.mjs'
import { root as rootUrl, SetUpError, say, step } from './steps.mjs'

export const root = fileURLToPath(rootUrl)
const needed = [20, 20]

/** @param {string} version e.g. `20.20.2` */
export function nodeIsNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

function checkNode() {
  if (nodeIsNewEnough(process.versions.node)) return
  throw new SetUpError(
    `Idiolect needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}.`,
    'Install a newer Node (https://nodejs.org), then run the same command again.',
  )
}

const lockFile = path.join(root, '.idiolect', 'setup.lock')

/**
 * @param {{
 *   model?: boolean, electron?: boolean, retryElectron?: boolean, dataFolder?: string, modelRequired?: boolean,
 *   log?: (line: string) => void
 * }} options `model`: fetch the starter model when no model is there; `electron`: fetch Electron's binary;
 *   `retryElectron`: also when that failed within the last day; `modelRequired`: a model that cannot be had is an error
 * @returns {Promise<{electron: string | null, whyNoElectron: string | null, model: string | null, whyNoModel: string | null}>}
 *   paths of what is there, and why something asked for is not
 */
export async function setUp(options = {}) {
  const log = options.log ?? say
  checkNode()
  if (!packagesReady(root) || !buildReady(root)) {
    // Two `npm ci` in one folder would tear each other's files away.
    await alone(lockFile, log, async () => {
      if (!packagesReady(root)) await step(log, 'Installing the packages (npm ci)', () => installPackages(root))
      if (!buildReady(root)) await step(log, 'Building', () => build(root))
    })
  }
  const result = { electron: null, whyNoElectron: null, model: null, whyNoModel: null }
  if (options.electron) {
    result.electron = electronBinary(root)
    result.whyNoElectron = result.electron === null && !options.retryElectron ? electronFailure(root) : null
    if (result.electron === null && result.whyNoElectron === null) {
      result.whyNoElectron = await step(log, "Fetching Electron's binary", () => fetchElectron(root))
      result.electron = electronBinary(root)
    }
  }
  if (options.model) {
    const { ensureStarter } = await import(pathToFileURL(path.join(root, 'out', 'main', 'starter.js')).href)
    try {
      result.model = await ensureStarter({
        dataFolder: options.dataFolder,
        step: (name, work) => step(log, name, work),
      })
    } catch (error) {
      if (options.modelRequired) throw error
      result.whyNoModel = error instanceof Error ? error.message : String(error)
      log(result.whyNoModel)
      if (typeof error?.next === 'string') log(error.next)
    }
  }
  return result
}
