/** The browser host's entry: `node out/main/browser.js [--data DIR] [--port N]`. `npm start` calls `serveBrowser` itself. */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { IdiolectError, messageOf } from './errors.ts'
import { serveBrowser } from './host/serve-browser.ts'

export { serveBrowser }

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: 'string' }, port: { type: 'string' } } })
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new IdiolectError('BadOption', `--port takes a whole number from 0 to 65535, not "${values.port}".`)
  }
  await serveBrowser({ dataFolder: values.data === undefined ? undefined : path.resolve(values.data), port })
}

// By name, since a bundler may put this file's code anywhere.
if (process.argv[1] && path.basename(process.argv[1]) === 'browser.js') {
  main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    if (error instanceof IdiolectError && error.next !== null) process.stderr.write(`${error.next}\n`)
    process.exitCode = 1
  })
}
