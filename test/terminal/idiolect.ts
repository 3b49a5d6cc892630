/** The built terminal host as a child process, for tests: its exit code, its two streams, and its one JSON object. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { entryFile, projectFolder } from '../../main/entries.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

export interface Ran {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** The object on stdout; throws when stdout is anything else. */
  json<T = Record<string, unknown>>(): T
}

export interface RunOptions {
  input?: string
  /** Called with the process as soon as it runs. */
  onStart?: (child: ChildProcess) => void | Promise<void>
}

/**
 * Puts a command on one core, where the system can: ggml's threads wait for each other, and two of them on a machine
 * that runs other tests take many times longer than one.
 */
const ON_ONE_CORE = onOneCore()
function onOneCore(): string[] {
  try {
    const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
    const cores = allowed.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, n) => first + n)
    })
    const command = ['taskset', '-c', String(cores[Number(process.env.VITEST_POOL_ID ?? 1) % cores.length])]
    execFileSync(command[0] as string, [...command.slice(1), 'true'], { stdio: 'ignore' })
    return command
  } catch {
    return []
  }
}

/** Commands on one data folder below `root`, which knows no models but those that are added to it. */
export function terminalOn(root: string, name = 'data') {
  const data = path.join(root, name)
  return {
    data,
    /** `idiolect --data DATA ...args`. */
    run: (args: string[], options: RunOptions = {}): Promise<Ran> => idiolect(root, ['--data', data, ...args], options),
    /** The same with `--json`; fails with what it said unless it ended well. */
    async ok<T = Record<string, unknown>>(args: string[], options: RunOptions = {}): Promise<T> {
      const ran = await idiolect(root, ['--json', '--data', data, ...args], options)
      if (ran.code !== 0)
        throw new Error(`idiolect ${args.join(' ')} ended with ${ran.code ?? ran.signal}: ${ran.stderr}`)
      return ran.json<T>()
    },
  }
}

/** Runs the built terminal host with these arguments. */
export async function idiolect(root: string, args: string[], { input, onStart }: RunOptions = {}): Promise<Ran> {
  // Beside the built workers: a missing build is told by their name.
  const cli = path.join(path.dirname(entryFile('trainer-worker')), 'cli.js')
  const [program = '', ...rest] = [...ON_ONE_CORE, process.execPath, cli, ...args]
  const child = spawn(program, rest, {
    cwd: projectFolder(),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, IDIOLECT_HOME: path.join(root, 'home'), IDIOLECT_MODELS: path.join(root, 'models') },
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text
  })
  const ended = new Promise<Pick<Ran, 'code' | 'signal'>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  void onStart?.(child)
  const { code, signal } = await ended
  return { code, signal, ...out, json: <T>() => JSON.parse(out.stdout) as T }
}

/** A tiny base that has room for the app's prompts; the same seed gives the same file. */
export function tinyBase(root: string, seed = 5, name = `tiny-${seed}.gguf`): string {
  const file = path.join(root, name)
  mkdirSync(root, { recursive: true })
  if (!existsSync(file)) writeTinyModel(file, { seed, context: 1024, vocabulary: 400 })
  return file
}

/** A folder of `count` dated pieces, oldest first in name and date. */
export function writing(folder: string, count: number, words = 320): string {
  const pieces = Array.from({ length: count }, (_, n) => [
    `piece-${String(n).padStart(2, '0')}.md`,
    post(
      {
        title: `The ${n + 1}. ledger of the harbour`,
        date: new Date(Date.UTC(2024, 0, 1 + 7 * n)).toISOString().slice(0, 10),
        tags: '[sea, order]',
      },
      prose(n, words),
    ),
  ])
  return writeFiles(folder, Object.fromEntries(pieces))
}

/** Every file below `folder`, relative, sorted. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** Names of files that a write that was broken off leaves behind. */
export const halfWritten = (folder: string): string[] =>
  filesBelow(folder).filter((file) => /\.(part|idiolect-part|new|tmp)$/.test(file))

/** The built workers and children that run below this process, or that lost their parent, by process id. */
export function workersOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    try {
      const [, ppid] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
      return Number(ppid) === parent ? [pid] : []
    } catch {
      // It ended while we looked.
      return []
    }
  })
}
