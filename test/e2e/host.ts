/**
 * The browser host as a process of its own on a data folder, as a user starts it: asked to end, or killed. Knows
 * processes, and nothing of what the host serves.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'

const out = path.join(projectFolder(), 'out', 'main')
const browserEntry = path.join(out, 'browser.js')

/** Milliseconds in which a host opens its data folder and says its address, even on a busy machine. */
const STARTING = 60_000

export type Environment = Record<string, string>

export interface Host {
  /** With the token, as printed. */
  address: string
  pid: number
  /** Asks it to end (SIGTERM) and returns its exit code. */
  stop(): Promise<number | null>
  /** Ends it at once, without a chance to write anything (SIGKILL). */
  kill(): Promise<void>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Why no host can be started here, in words, or null. */
export function whyNoHost(): string | null {
  return existsSync(browserEntry) ? null : 'the app is not built'
}

function start(entry: string, args: string[], env: Environment): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const orphan = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', orphan)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString()
  })
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', orphan)
      resolve({ code, stdout, stderr })
    })
  })
  return { child, ended }
}

/**
 * Starts a host and waits for its address. Throws with its last words when it ends instead.
 * @param port 0: a free one
 */
export async function startHost(data: string, env: Environment = {}, port = 0): Promise<Host> {
  const { child, ended } = start(browserEntry, ['--data', data, '--port', String(port)], env)
  let timer: NodeJS.Timeout | undefined
  const address = new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /http:\/\/\S+#token=\S+/.exec(said)
      if (found) resolve(found[0])
    })
    ended.then(({ code, stderr }) => reject(new Error(`the host ended with code ${code}: ${stderr.trim()}`)), reject)
    timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the host said no address within ${STARTING / 1000} s`))
    }, STARTING)
  })
  try {
    return {
      address: await address,
      pid: child.pid ?? 0,
      async stop() {
        child.kill('SIGTERM')
        return (await ended).code
      },
      async kill() {
        child.kill('SIGKILL')
        await ended
      },
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Runs a host that is expected to end by itself. */
export function runHost(data: string): Promise<Ended> {
  return runToEnd(browserEntry, ['--data', data, '--port', '0'], {})
}

/** One command of the terminal. */
export function runCli(data: string, args: string[], env: Environment = {}): Promise<Ended> {
  return runToEnd(path.join(out, 'cli.js'), ['--data', data, ...args], env)
}

async function runToEnd(entry: string, args: string[], env: Environment): Promise<Ended> {
  const { child, ended } = start(entry, args, env)
  const timer = setTimeout(() => child.kill('SIGKILL'), 2 * STARTING)
  const result = await ended
  clearTimeout(timer)
  return result
}

/** Process ids of a process's children; where the system does not tell them (all but Linux), none. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
