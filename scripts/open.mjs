/** Opens an address in the default browser, where there is somebody to look at it. */
import { spawn } from 'node:child_process'

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} platform
 * @returns {string[] | null} the command and its leading arguments, or null where no browser can be opened
 */
export function openCommand(env = process.env, platform = process.platform) {
  if (env.CI) return null
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : null
}

/**
 * @param {string} address may be used once only: other users of the machine can read a command's arguments
 * @returns {Promise<boolean>} a command was started; whether a browser shows it is not known
 */
export function openInBrowser(address) {
  const command = openCommand()
  if (command === null) return Promise.resolve(false)
  const [name, ...args] = command
  return new Promise((resolve) => {
    const child = spawn(name, [...args, address], { stdio: 'ignore', detached: true, windowsHide: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
