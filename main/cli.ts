/** The terminal host: parse, call, print. Commands stand in terminal/, a file a group. */
import { Command, CommanderError } from 'commander'
import { APP_VERSION } from './app/version.ts'
import { draftCommands } from './terminal/draft-commands.ts'
import { labelCommands } from './terminal/label-commands.ts'
import { lampCommand } from './terminal/lamp-command.ts'
import { libraryCommands } from './terminal/library-commands.ts'
import { modelCommands, voiceCommands } from './terminal/model-commands.ts'
import { profileCommand } from './terminal/profile-command.ts'
import { studyCommand } from './terminal/study-command.ts'
import { systemCommands } from './terminal/system-commands.ts'
import { taskCommand } from './terminal/task-command.ts'
import { fail, type GlobalOptions, printError, quietPipes } from './terminal/terminal.ts'
import { trainCommand } from './terminal/train-command.ts'
import { writeCommands } from './terminal/write-commands.ts'

export function createProgram(): Command {
  const program = new Command('idiolect')
    .description('A writing assistant that learns your hand, on your own machine')
    .version(APP_VERSION)
    .option('--json', 'print one JSON object')
    .option('--data <dir>', 'the data folder (default: IDIOLECT_HOME, else the usual place)')
    .showHelpAfterError('`idiolect --help` lists the commands, `idiolect <command> --help` its options.')
    .exitOverride()
  libraryCommands(program)
  modelCommands(program)
  trainCommand(program)
  taskCommand(program)
  voiceCommands(program)
  writeCommands(program)
  draftCommands(program)
  labelCommands(program)
  profileCommand(program)
  studyCommand(lampCommand(program))
  systemCommands(program)
  return program
}

quietPipes()
const program = createProgram()
try {
  await program.parseAsync(process.argv)
} catch (error) {
  // An error may come before --json was parsed.
  const options = { ...program.opts<GlobalOptions>(), json: process.argv.includes('--json') }
  if (!(error instanceof CommanderError)) fail(error, options)
  else {
    // Commander has said it on stderr; help and version are no errors.
    process.exitCode = error.exitCode
    if (error.exitCode !== 0)
      printError(options, { name: 'BadOption', message: error.message.replace(/^error: /, ''), next: null })
  }
}
