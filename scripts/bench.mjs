/** `npm run bench`: sets up, then measures what the engine is held to (see test/bench/README.md). */
import path from 'node:path'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

try {
  process.env.IDIOLECT_HOME = path.join(root, '.idiolect', 'bench')
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  const { model } = await setUp({ model: true, modelRequired: true })
  const { createServer } = await import('vite')
  const file = path.join(root, 'test', 'bench', 'bench.ts')
  // A server, and not the one-time import: what a part loads late (llama.cpp's binding) goes through it as well.
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    oxc: { target: 'node20' },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  })
  const module = await server.ssrLoadModule(file)
  const whole = await module.bench(module.parseBench(process.argv.slice(2)), model, say)
  await server.close()
  process.exitCode = whole ? 0 : 1
} catch (error) {
  fail(error)
}
