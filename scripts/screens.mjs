/**
 * `npm run screens [-- NAME...]`: sets up, then takes the pictures of docs/screens (see test/e2e/screens.ts).
 * `npm run screens -- first-ten-minutes FOLDER`: those of a new user's first minutes with that writing, timed.
 */
import path from 'node:path'
import { withModule } from './modules.mjs'
import { readScreens, USAGE } from './screens-options.mjs'
import { root, setUp } from './setup.mjs'
import { fail, say } from './steps.mjs'

async function main(argv) {
  const { help, walk, names } = readScreens(argv)
  if (help) return say(USAGE)
  process.env.IDIOLECT_MODELS ??= path.join(root, '.idiolect', 'models')
  await setUp({ model: true, modelRequired: true })
  const file = (name) => path.join(root, 'test', 'e2e', name)
  if (walk === null) await withModule(file('screens.ts'), ({ takeScreens }) => takeScreens(say, names))
  else {
    const writing = path.resolve(process.env.INIT_CWD ?? process.cwd(), walk)
    await withModule(file('first-minutes.ts'), ({ walkFirstMinutes }) => walkFirstMinutes(say, writing))
  }
  say('docs/screens is new.')
}

main(process.argv.slice(2)).catch(fail)
