/**
 * Which Node the app runs on. Read before anything else, so written in words that every Node knows: an older one must be
 * told by a sentence, and not fall over what it cannot read.
 */
'use strict'

/** Least minor version of a major one, oldest first; those after the last are all good, others between them are not. */
const needed = [
  [20, 20],
  [22, 0],
]

/** @param {string} version e.g. `20.20.2` */
function nodeIsNewEnough(version) {
  const parts = version.split('.').map(Number)
  const newest = needed[needed.length - 1]
  if (parts[0] > newest[0]) return true
  return needed.some((least) => parts[0] === least[0] && parts[1] >= least[1])
}

/** Says what is needed and ends the process where this Node is another. */
function checkNode() {
  const version = process.versions.node
  if (nodeIsNewEnough(version)) return
  process.stderr.write(
    'Idiolect needs Node 20.20 or a later 20, or 22 or newer, and this is Node ' +
      version +
      '.\n' +
      'Install a newer Node (https://nodejs.org), then run the same command again.\n',
  )
  process.exit(1)
}

module.exports = { nodeIsNewEnough, checkNode }
