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

/** Native packages differ by platform and by C library, so a node_modules copied from elsewhere does not count. */
function wanted(root) {
  const lock = readFileSync(places(root).lock)
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}`
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
  const found = readText(installed)
  if (found === null) return false
  const has = JSON.parse(found).packages ?? {}
  const must = JSON.parse(readFileSync(lock, 'utf8')).packages ?? {}
  let platformPackage = false
  for (const [place, entry] of Object.entries(must)) {
    if (place === '' || entry.link) continue
    const here = has[place]
    if (here?.version === entry.version) {
      if (entry.optional && entry.cpu?.includes(process.arch) && entry.os?.includes(process.platform)) {
        platformPackage ||= existsSync(path.join(root, place, 'package.json'))
      }
      continue
    }
    if (!entry.optional || here !== undefined) return false
  }
  // A copied node_modules of another platform has none of this platform's native packages.
  const needsOne = Object.values(must).some(
    (entry) => entry.optional && entry.cpu?.includes(process.arch) && entry.os?.includes(process.platform),
  )
  return platformPackage || !needsOne
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
  writeFileSync(stamp, wanted(root))
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
