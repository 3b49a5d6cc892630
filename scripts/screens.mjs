/** `npm run screens`: sets up, then takes the pictures of docs/screens (see test/e2e/screens.ts). */
import path from 'node:path'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

try {
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true, modelRequired: true })
  const { runnerImport } = await import('vite')
  const file = path.join(root, 'test', 'e2e', 'screens.ts')
  const { module } = await runnerImport(file, { root, configFile: false, logLevel: 'error' })
  await module.takeScreens(say)
  say('docs/screens is new.')
} catch (error) {
  fail(error)
}
