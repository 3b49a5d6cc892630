/** Goes on into one of the scripts, as if it had been started by its own name. In a file of its own: `import()` is new. */
'use strict'
const path = require('node:path')
const url = require('node:url')

/**
 * @param {string} name e.g. `start`
 * @param {string[]} args
 */
exports.enter = (name, args) => {
  const file = path.join(__dirname, `${name}.mjs`)
  process.argv = [process.argv[0], file].concat(args)
  import(url.pathToFileURL(file).href).catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
}
