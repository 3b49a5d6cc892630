/** Child processes: output kept for the case of failure, a time limit, and no orphans. */
import { spawn } from 'node:child_process'
import { accompany } from './alone.mjs'

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, limit?: number, shell?: boolean, onLine?: (line: string) => void}} options
 *   `limit` in milliseconds
 * @returns {Promise<{code: number | null, output: string, timedOut: boolean}>} never rejects: a command that cannot be
 *   started ends with code null and the reason as output
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      shell: options.shell ?? false,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let output = ''
    let timedOut = false
    const hear = (chunk) => {
      const text = chunk.toString()
      // Enough for any error; a chatty command must not fill the memory.
      output = (output + text).slice(-64_000)
      if (options.onLine) for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') options.onLine(line.trim())
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const timer = options.limit
      ? setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, options.limit)
      : null
    const forget = child.pid === undefined ? () => {} : accompany(child.pid)
    const stop = () => child.kill('SIGTERM')
    process.once('exit', stop)
    const end = (code, text = '') => {
      if (timer) clearTimeout(timer)
      process.off('exit', stop)
      forget()
      resolve({ code, output: output + text, timedOut })
    }
    child.once('error', (error) => end(null, error.message))
    child.once('close', (code) => end(code))
  })
}

/** The last lines of a command's output, for an error message. */
export function tail(output, lines = 15) {
  return output.trimEnd().split('\n').slice(-lines).join('\n')
}
