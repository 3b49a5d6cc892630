/** `task`: task adapters, trained on other people's writing, under the voices. */
import type { Command } from 'commander'
import type { TaskText, TaskTrainOptions } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { type GlobalOptions, listOption, print, withApp, withoutHelp } from './terminal.ts'
import { printTaskAdapter, taskCard, trainInTerminal, trainingOptions } from './train-command.ts'

interface Given extends TaskTrainOptions {
  fromFolder?: string[]
  author?: string[]
  licence?: string[]
}

const each = (text: string, before: string[] = []): string[] => [...before, text]

export function taskCommand(program: Command): void {
  const task = program.command('task').description('task adapters: the form of a task, learnt from other people')
  const train = task.command('train').description('train a task adapter, from the sample author and folders you add')
  withoutHelp(trainingOptions(train), '--kind', '--virtual-tokens')
    .option(
      '--tasks <list>',
      'of headline,tag,rate,prose; default: headline, prose, and what the texts have',
      listOption,
    )
    .option('--base <id>', 'base model to train on')
    .option('--name <name>', "the task adapter's name")
    .option('--from-folder <dir>', "another person's writing; with --author and --licence, all three repeated", each)
    .option('--author <name>', 'who wrote what is in that folder', each)
    .option('--licence <text>', 'under which licence it is', each)
    .option('--no-sample', "without the sample author's posts")
    .action(async (own: Given, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { fromFolder = [], author = [], licence = [], ...wanted } = own
      const texts = textsOf(fromFolder, author, licence)
      await withApp(options, async (app) => {
        const state = await trainInTerminal(app, { task: { ...wanted, texts } })
        if (!state.taskAdapter) throw new IdiolectError('TrainingFailed', state.error ?? state.message, null)
        await printTaskAdapter(app, options, state.taskAdapter)
      })
    })

  const list = task.command('list').description('the task adapters that are there, and what they were trained on')
  list.action((_: object, command: Command) => {
    const options = command.optsWithGlobals<GlobalOptions>()
    return withApp(options, async (app) => {
      const taskAdapters = await app.handlers['task.list']({})
      print(options, { taskAdapters }, () =>
        taskAdapters.length === 0
          ? ['no task adapters yet: `task train` makes one']
          : taskAdapters.flatMap((one) => [
              `${one.id.padEnd(20)} ${one.name} (${one.base}${one.usable ? '' : `, not usable: ${one.whyNot}`})`,
              ...taskCard(one),
              ...(one.voices.length === 0 ? [] : [`  under ${one.voices.join(', ')}`]),
            ]),
      )
    })
  })
  task
    .command('remove')
    .description('forget a task adapter that no voice was trained over')
    .argument('<id>')
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const result = await app.handlers['task.remove']({ taskAdapter: id })
        print(options, result, () => [`${id} is removed`])
      })
    })
  task
    .command('export')
    .description('copy a task adapter to a file; voices that were trained over it need it too')
    .argument('<id>')
    .argument('<file>')
    .action((id: string, file: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const result = await app.handlers['task.export']({ taskAdapter: id, file })
        print(options, result, () => [`${result.file}: ${result.bytes} bytes`])
      })
    })
  task
    .command('import')
    .description('take a task adapter from a file')
    .argument('<file>')
    .action((file: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const taskAdapter = await app.handlers['task.import']({ file })
        print(options, { taskAdapter }, () => [`${taskAdapter.id}: ${taskAdapter.name}`, ...taskCard(taskAdapter)])
      })
    })
}

/** Errors: IdiolectError `BadOption` where the three do not come together. */
function textsOf(folders: string[], authors: string[], licences: string[]): TaskText[] {
  if (authors.length !== folders.length || licences.length !== folders.length) {
    throw new IdiolectError(
      'BadOption',
      `${folders.length} times --from-folder came with ${authors.length} times --author and ${licences.length} times --licence`,
      'Name an author and a licence for each folder, in the same order.',
    )
  }
  return folders.map((path, i) => ({ path, author: authors[i] as string, licence: licences[i] as string }))
}
