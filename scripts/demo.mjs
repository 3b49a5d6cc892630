/**
 * `npm run demo`: the whole main job in a terminal, on the sample author's posts. Everything it makes goes to
 * .idiolect/demo in the checkout, the model to .idiolect/models; the user's own data folder is not touched.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, setUp } from './setup.mjs'
import { fail } from './steps.mjs'

try {
  process.env.IDIOLECT_DEMO = path.join(root, '.idiolect', 'demo')
  // Whatever else would open a data folder opens this one.
  process.env.IDIOLECT_HOME = process.env.IDIOLECT_DEMO
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true, modelRequired: true })
  await import(pathToFileURL(path.join(root, 'out', 'main', 'demo.js')).href)
} catch (error) {
  fail(error)
}
