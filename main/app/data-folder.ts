/** Where the data stands on this machine. Pure functions of the environment: nothing is read or made. */
import os from 'node:os'
import path from 'node:path'

interface Machine {
  env: NodeJS.ProcessEnv
  platform: NodeJS.Platform
  /** The user's home folder, absolute. */
  home: string
}

const here = (): Machine => ({ env: process.env, platform: process.platform, home: os.homedir() })

/**
 * The data folder when none is named: IDIOLECT_HOME, else the system's place for application data
 * (Linux: XDG_DATA_HOME, which counts only when absolute, as its specification says).
 * @returns absolute path
 */
export function defaultDataFolder(machine: Machine = here()): string {
  const { env, platform, home } = machine
  if (env.IDIOLECT_HOME) return path.resolve(env.IDIOLECT_HOME)
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Idiolect')
  if (platform === 'win32') return path.join(env.APPDATA || path.join(home, 'AppData', 'Roaming'), 'Idiolect')
  const xdg = env.XDG_DATA_HOME
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.local', 'share'), 'idiolect')
}

/**
 * The folder of the catalog's model files: `<data folder>/models`, or IDIOLECT_MODELS where several data folders share
 * one (the tests and the demo do).
 * @returns absolute path
 */
export function modelsFolder(dataFolder: string, env: NodeJS.ProcessEnv = process.env): string {
  return env.IDIOLECT_MODELS ? path.resolve(env.IDIOLECT_MODELS) : path.join(dataFolder, 'models')
}

/**
 * The folder of the catalog's manifests: the project's own, or IDIOLECT_CATALOG for a list of one's own.
 * @returns absolute path
 */
export function catalogFolder(project: string, env: NodeJS.ProcessEnv = process.env): string {
  return env.IDIOLECT_CATALOG ? path.resolve(env.IDIOLECT_CATALOG) : path.join(project, 'models')
}

/**
 * Folders where a model file may already lie, so that it is linked instead of fetched again: the checkout's own cache
 * and the user's usual data folder.
 */
export function otherModelFolders(project: string, dataFolder: string, machine: Machine = here()): string[] {
  const { IDIOLECT_HOME: _, ...env } = machine.env
  const usual = path.join(defaultDataFolder({ ...machine, env }), 'models')
  const own = modelsFolder(dataFolder, machine.env)
  return [path.join(project, '.idiolect', 'models'), usual].filter((folder) => folder !== own)
}
