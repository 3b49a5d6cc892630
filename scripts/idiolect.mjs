/** What `npx idiolect ...` does, after idiolect.cjs: sets up what is missing, silently but for slow steps (stderr), then runs the terminal host. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, setUp } from './setup.mjs'
import { fail } from './steps.mjs'

try {
  await setUp()
  await import(pathToFileURL(path.join(root, 'out', 'main', 'cli.js')).href)
} catch (error) {
  fail(error)
}
