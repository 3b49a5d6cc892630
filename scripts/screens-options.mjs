/** What `npm run screens` can be asked for: read before anything is set up, and by test/e2e. Node's own modules only. */
import { readArgs, SetUpError } from './steps.mjs'

/** The pictures of docs/screens, in the order in which they are taken. */
export const SCREENS = [
  'welcome',
  'draft',
  'headlines',
  'tags',
  'ratings',
  'chat',
  'library',
  'recall',
  'voice',
  'models',
  'settings',
  'palette',
]

const WALK = 'first-ten-minutes'

export const USAGE = `npm run screens -- [pictures]
  pictures                    ${SCREENS.join(' ')} (all when none is named)
npm run screens -- ${WALK} FOLDER
  FOLDER                      of writing: the pictures of a new user's first minutes with it, timed`

/**
 * @param {string[]} argv
 * @returns {{help: boolean, walk: string | null, names: string[]}} `walk`: the folder of writing of the first minutes
 * @throws {SetUpError} on an unknown picture or option
 */
export function readScreens(argv) {
  const { values, positionals } = readArgs(
    { args: argv, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } },
    USAGE,
  )
  const help = values.help === true
  const [first, writing, ...more] = positionals
  if (first === WALK && !help) {
    if (writing === undefined || more.length > 0) throw new SetUpError(`${WALK} takes one folder of writing.`, USAGE)
    return { help, walk: writing, names: [] }
  }
  const unknown = help ? [] : positionals.filter((name) => !SCREENS.some((known) => known === name))
  if (unknown.length > 0) throw new SetUpError(`No such picture: ${unknown.join(', ')}.`, USAGE)
  return { help, walk: null, names: positionals }
}
