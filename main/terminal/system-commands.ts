/** `serve` and `doctor`. */
import path from 'node:path'
import type { Command } from 'commander'
import { defaultDataFolder } from '../app/data-folder.ts'
import { doctor, doctorLines } from '../app/doctor.ts'
import { openCatalog } from '../app/models/catalog.ts'
import { serveBrowser } from '../host/serve-browser.ts'
import { type GlobalOptions, numberOption, print } from './terminal.ts'

export function systemCommands(program: Command): void {
  program
    .command('serve')
    .description('serve the app to a browser on this machine')
    .option('--port <n>', 'port on loopback', numberOption('port', 0, 65535, true))
    .action(async (own: { port?: number }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await serveBrowser({
        ...(options.data ? { dataFolder: path.resolve(options.data) } : {}),
        ...(own.port === undefined ? {} : { port: own.port }),
        announce: ({ address, port }) => print(options, { address, port }, () => [address]),
      })
    })

  program
    .command('doctor')
    .description('what this machine has, what would run, what is missing')
    .action(async (_: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const dataFolder = options.data ? path.resolve(options.data) : defaultDataFolder()
      const report = await doctor(dataFolder, openCatalog(dataFolder))
      print(options, report, () => doctorLines(report))
    })
}
