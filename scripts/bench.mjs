/** `npm run bench`: sets up, then measures what the engine is held to (see test/bench/README.md). */
import path from 'node:path'
import { readBench, USAGE } from './bench-options.mjs'
import { withModule } from './modules.mjs'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

async function main(argv) {
  if (readBench(argv).values.help) return say(USAGE)
  process.env.IDIOLECT_HOME = path.join(root, '.idiolect', 'bench')
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  const { model } = await setUp({ model: true, modelRequired: true })
  const file = path.join(root, 'test', 'bench', 'bench.ts')
  const whole = await withModule(file, ({ bench, parseBench }) => bench(parseBench(argv), model, say))
  process.exitCode = whole ? 0 : 1
}

main(process.argv.slice(2)).catch(fail)
