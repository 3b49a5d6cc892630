/** The build: is out/ made from the sources as they are, and electron-vite when not. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run, tail } from './child.mjs'
import { SetUpError } from './steps.mjs'

const sources = ['main', 'preload', 'renderer', 'electron.vite.config.ts', 'package.json', 'package-lock.json']

/** Name, size and time of every source file: as good as their contents, and read in milliseconds. */
function fingerprint(root) {
  const hash = createHash('sha256')
  const visit = (file) => {
    const facts = lstatSync(path.join(root, file), { throwIfNoEntry: false })
    // Gone since its folder was read.
    if (facts === undefined) return
    if (facts.isDirectory()) {
      for (const name of readdirSync(path.join(root, file)).sort()) {
        // Editors' and file managers' own: locks (Emacs's are links to nowhere), swap files, .DS_Store.
        if (!name.startsWith('.')) visit(path.join(file, name))
      }
    } else {
      hash.update(`${file} ${facts.size} ${facts.mtimeMs}\n`)
    }
  }
  for (const file of sources) if (existsSync(path.join(root, file))) visit(file)
  return hash.digest('hex')
}

const stampFile = (root) => path.join(root, 'out', '.stamp')

/**
 * @param {string} root
 * @returns {boolean} out/ is up to date
 */
export function buildReady(root) {
  const stamp = stampFile(root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root)
}

/**
 * Builds into out/. The stamp goes first and comes back last, so that an interrupted build is done again.
 * Errors: SetUpError with the build's last lines.
 * @param {string} root
 */
export async function build(root) {
  rmSync(stampFile(root), { force: true })
  const before = fingerprint(root)
  const entry = path.join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  // The output is shown only on failure, and may land in a log: no colours.
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
  const { code, output } = await run(process.execPath, [entry, 'build', '--logLevel', 'warn'], { cwd: root, env })
  if (code !== 0)
    throw new SetUpError(`The build failed:\n${tail(output, 30)}`, 'Run `npm run build` to see all of it.')
  writeFileSync(stampFile(root), before)
}
