#!/usr/bin/env node
/** `npx idiolect ...`: is this Node new enough, then idiolect.mjs. */
'use strict'
require('./node-version.cjs').checkNode()
require('./enter.cjs').enter('idiolect', process.argv.slice(2))
