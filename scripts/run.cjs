/** `node scripts/run.cjs NAME ...`, what the commands of package.json call: is this Node new enough, then the script. */
'use strict'
require('./node-version.cjs').checkNode()
require('./enter.cjs').enter(process.argv[2], process.argv.slice(3))
