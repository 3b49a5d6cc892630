/** `npm run bench`: sets up, then measures what the engine is held to (see test/bench/README.md). */
import path from 'node:path'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

try {
  process.env.IDIOLECT_HOME = path.join(root, '.idiolect', 'bench')
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  const { model } = await setUp({ model: true, modelRequired: true })
  const { runnerImport } = await import('vite')
  const file = path.join(root, 'test', 'bench', 'bench.ts')
  const { module } = await runnerImport(file, { root, configFile: false, logLevel: 'error', oxc: { target: 'node20' } })
  const whole = await module.bench(module.parseBench(process.argv.slice(2)), model, say)
  process.exitCode = whole ? 0 : 1
} catch (error) {
  fail(error)
}
