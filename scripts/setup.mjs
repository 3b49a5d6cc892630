/**
 * Sets up whatever a bare clone lacks: packages, build, Electron's binary, starter model. A step that is done is not
 * done again, and when nothing is missing nothing is read from the network. Node's own modules only: this runs first.
 */
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { alone } from './alone.mjs'
import { build, buildReady } from './build.mjs'
import { readyElectron } from './electron.mjs'
import version from './node-version.cjs'
import { installPackages, packagesReady } from './packages.mjs'
import { announce, refuseWhileRunning } from './running.mjs'
import { root as rootUrl, say, step } from './steps.mjs'

export const root = fileURLToPath(rootUrl)
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
  version.checkNode()
  if (!packagesReady(root) || !buildReady(root)) {
    // Two `npm ci` in one folder would tear each other's files away.
    await alone(lockFile, log, async () => {
      if (!packagesReady(root) || !buildReady(root)) refuseWhileRunning(root)
      if (!packagesReady(root)) await step(log, 'Installing the packages (npm ci)', () => installPackages(root))
      if (!buildReady(root)) await step(log, 'Building', () => build(root))
    })
  }
  announce(root)
  const result = { electron: null, whyNoElectron: null, model: null, whyNoModel: null }
  if (options.electron) {
    const { binary, why } = await readyElectron(root, {
      retry: options.retryElectron,
      alone: (work) => alone(lockFile, log, work),
      step: (fetch) => step(log, "Fetching Electron's binary", fetch),
    })
    result.electron = binary
    result.whyNoElectron = why
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
