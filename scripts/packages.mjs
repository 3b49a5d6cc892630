/**
 * The packages: are they installed just as the lock file says, and `npm ci` when not. The mark of a finished install is
 * npm's own node_modules/.package-lock.json (written last) together with our stamp of the lock file's hash; the mark of
 * an interrupted one is a file outside node_modules that is removed only at the end.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run, tail } from './child.mjs'
import { SetUpError } from './steps.mjs'

const places = (root) => ({
  lock: path.join(root, 'package-lock.json'),
  installed: path.join(root, 'node_modules', '.package-lock.json'),
  stamp: path.join(root, 'node_modules', '.idiolect-setup'),
  begun: path.join(root, '.idiolect', 'install-begun'),
})

/** @returns {'glibc' | 'musl' | null} null but on Linux */
function ownLibc() {
  if (process.platform !== 'linux') return null
  // Without it, the report looks up the names of the machine's addresses.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
}

/** Native packages differ by platform and by C library, so a node_modules copied from elsewhere does not count. */
function wanted(root) {
  const lock = readFileSync(places(root).lock)
  const machine = [process.platform, process.arch, ownLibc()].filter((part) => part !== null)
  return [createHash('sha256').update(lock).digest('hex'), ...machine].join(' ')
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** Does npm's record of what is installed hold every package of the lock file that must be there, at its version. */
function matchesLock(root) {
  const { lock, installed } = places(root)
  let has
  try {
    has = JSON.parse(readFileSync(installed, 'utf8')).packages ?? {}
  } catch {
    // Not there, or cut off by whatever ended the machine.
    return false
  }
  const must = JSON.parse(readFileSync(lock, 'utf8')).packages ?? {}
  const libc = ownLibc()
  const fits = (entry) =>
    entry.optional &&
    entry.cpu?.includes(process.arch) &&
    entry.os?.includes(process.platform) &&
    (libc === null || entry.libc === undefined || entry.libc.includes(libc))
  let platformPackage = false
  let foreignLibc = false
  for (const [place, entry] of Object.entries(must)) {
    if (place === '' || entry.link) continue
    const here = has[place]
    if (here?.version === entry.version) {
      if (fits(entry)) platformPackage ||= existsSync(path.join(root, place, 'package.json'))
      foreignLibc ||= libc !== null && entry.libc !== undefined && !entry.libc.includes(libc)
      continue
    }
    if (!entry.optional || here !== undefined) return false
  }
  // A copied node_modules of another platform has none of this platform's native packages.
  return (platformPackage || !Object.values(must).some(fits)) && !foreignLibc
}

/**
 * @param {string} root the project's folder
 * @returns {boolean} nothing needs to be installed
 */
export function packagesReady(root) {
  const { stamp, begun, installed } = places(root)
  if (existsSync(begun) || !existsSync(installed)) return false
  if (readText(stamp) === wanted(root)) return true
  if (!matchesLock(root)) return false
  // Installed by hand: as good as ours.
  try {
    writeFileSync(stamp, wanted(root))
  } catch {
    // A checkout that may not be written: the next look takes as long as this one.
  }
  return true
}

/** The npm that runs this script, else the one on the PATH. */
export function npmCommand() {
  const own = process.env.npm_execpath
  if (own && /npm-cli\.c?js$/.test(own) && existsSync(own))
    return { command: process.execPath, args: [own], shell: false }
  return { command: 'npm', args: [], shell: process.platform === 'win32' }
}

/**
 * `npm ci`. Errors: SetUpError with npm's last lines.
 * @param {string} root
 */
export async function installPackages(root) {
  const { stamp, begun } = places(root)
  mkdirSync(path.dirname(begun), { recursive: true })
  writeFileSync(begun, new Date().toISOString())
  rmSync(stamp, { force: true })
  const npm = npmCommand()
  // Development packages hold the build; a NODE_ENV=production in the shell must not leave them out.
  const args = [...npm.args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await run(npm.command, args, { cwd: root, shell: npm.shell })
  if (code !== 0) {
    throw new SetUpError(
      `\`npm ci\` failed (${code === null ? 'it could not be started' : `exit code ${code}`}):\n${tail(output)}`,
      'Check the network connection and the free disk space, then run the same command again.',
    )
  }
  writeFileSync(stamp, wanted(root))
  rmSync(begun, { force: true })
}
