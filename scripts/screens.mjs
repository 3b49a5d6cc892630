/**
 * `npm run screens [-- NAME...]`: sets up, then takes the pictures of docs/screens (see test/e2e/screens.ts).
 * `npm run screens -- first-ten-minutes FOLDER`: those of a new user's first minutes with that writing, timed.
 */
import path from 'node:path'
import { root, setUp } from './setup.mjs'
import { fail, SetUpError, say } from './steps.mjs'

try {
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true, modelRequired: true })
  const { createServer } = await import('vite')
  const [first, writing] = process.argv.slice(2)
  const walks = first === 'first-ten-minutes'
  if (walks && !writing) throw new SetUpError('first-ten-minutes takes a folder of writing.', '')
  const file = path.join(root, 'test', 'e2e', walks ? 'first-minutes.ts' : 'screens.ts')
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
    if (walks) await module.walkFirstMinutes(say, path.resolve(process.env.INIT_CWD ?? process.cwd(), writing))
    else await module.takeScreens(say, process.argv.slice(2))
  } finally {
    await server.close()
  }
  say('docs/screens is new.')
} catch (error) {
  fail(error)
}
