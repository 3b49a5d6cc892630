/** `npm run screens [-- NAME...]`: sets up, then takes the pictures of docs/screens (see test/e2e/screens.ts). */
import path from 'node:path'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

try {
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true, modelRequired: true })
  const { createServer } = await import('vite')
  const file = path.join(root, 'test', 'e2e', 'screens.ts')
  // A server, and not the one-time import: what a part loads late goes through it as well.
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    oxc: { target: 'node20' },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  })
  try {
    const module = await server.ssrLoadModule(file)
    await module.takeScreens(say, process.argv.slice(2))
  } finally {
    await server.close()
  }
  say('docs/screens is new.')
} catch (error) {
  fail(error)
}
