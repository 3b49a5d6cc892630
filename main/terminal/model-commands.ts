/** `models` and `voices`. */
import path from 'node:path'
import type { Command } from 'commander'
import { megabytes } from '../catalog/files.ts'
import { IdiolectError } from '../errors.ts'
import { createProgress, type GlobalOptions, print, withApp } from './terminal.ts'

export function modelCommands(program: Command): void {
  const models = program.command('models').description('base models and embedders')
  models
    .command('list')
    .description('what there is and what is installed')
    .action((_: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const list = await app.handlers['models.list']({})
        print(options, { models: list }, () =>
          list.map(
            (m) =>
              `${m.inUse ? '*' : m.installed ? '+' : ' '} ${m.id.padEnd(36)} ${m.role.padEnd(8)} ${megabytes(m.bytes).padStart(8)}  ${m.note}`,
          ),
        )
      })
    })
  models
    .command('get')
    .description('fetch a model of the catalog')
    .argument('<id>')
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const progress = createProgress()
        app.events.on((name, event) => {
          if (name === 'models.progress' && 'receivedBytes' in event) {
            progress.show(
              `${event.stage}: ${megabytes(event.receivedBytes)} of ${megabytes(event.totalBytes)} (${event.source})`,
            )
          }
        })
        const model = await app.handlers['models.get']({ request: 'get', model: id })
        progress.done()
        print(options, { model }, () => [`${model.id} is installed: ${model.path}`])
      })
    })
  models
    .command('add')
    .description('use a GGUF file of your own; it is tried first')
    .argument('<file>')
    .option('--as <role>', 'chat or embedder', 'chat')
    .action((file: string, own: { as: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const role = own.as
      if (role !== 'chat' && role !== 'embedder') {
        throw new IdiolectError('BadOption', `--as takes chat or embedder, not ${JSON.stringify(role)}`, null)
      }
      return withApp(options, async (app) => {
        const model = await app.handlers['models.add']({ request: 'add', file: path.resolve(file), as: role })
        if (role === 'chat') await app.handlers['models.use']({ model: model.id })
        print(options, { model }, () => [
          `${model.id} is added${model.trainable ? '' : `; it cannot be trained on: ${model.whyNot}`}`,
        ])
      })
    })
  models
    .command('use')
    .description('chat and train with this base from now on')
    .argument('<id>')
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const state = await app.handlers['models.use']({ model: id })
        print(options, { base: state.base, embedder: state.embedder }, () => [`${id} is used from now on`])
      })
    })
}

export function voiceCommands(program: Command): void {
  const voices = program.command('voices').description('the voices that were trained or imported')
  const list = voices.command('list').description('the voices, with a star at the one that is on')
  list.action((_: object, command: Command) => {
    const options = command.optsWithGlobals<GlobalOptions>()
    return withApp(options, async (app) => {
      const list = await app.handlers['voices.list']({})
      print(options, { voices: list }, () =>
        list.length === 0
          ? ['no voices yet: import some writing and train']
          : list.map(
              (v) =>
                `${v.active ? '*' : ' '} ${v.id.padEnd(20)} ${v.name} (${v.base}${v.won === false ? ', did not win its proof' : ''}${v.usable ? '' : `, not usable: ${v.whyNot}`})`,
            ),
      )
    })
  })
  voices
    .command('use')
    .description('switch a voice on, or none')
    .argument('<id>', 'a voice, or none')
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        await app.handlers['voices.use']({ voice: id === 'none' ? null : id })
        print(options, { active: id === 'none' ? null : id }, () => [id === 'none' ? 'no voice is on' : `${id} is on`])
      })
    })
  voices
    .command('export')
    .description(
      "write a voice as one GGUF file (a LoRA is llama.cpp's own, other kinds are Idiolect's), or as a folder for PEFT",
    )
    .argument('<id>')
    .argument('<file>')
    .option('--format <format>', 'gguf or peft', 'gguf')
    .action((id: string, file: string, { format }: { format: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      if (format !== 'gguf' && format !== 'peft')
        throw new IdiolectError('BadOption', `--format takes gguf or peft, not ${JSON.stringify(format)}`, null)
      return withApp(options, async (app) => {
        const written = await app.handlers['voices.export']({ voice: id, file: path.resolve(file), format })
        const { base, taskAdapter } = written.needs
        print(options, written, () => [
          `${written.file} (${megabytes(written.bytes)})`,
          `It needs the base model ${base}${taskAdapter === null ? '' : ` and the task adapter “${taskAdapter}”`}.`,
        ])
      })
    })
  voices
    .command('import')
    .description("take a voice from a GGUF file: a LoRA of llama.cpp's, or one that was exported here")
    .argument('<file>')
    .action((file: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const voice = await app.handlers['voices.import']({ file: path.resolve(file) })
        print(options, { voice }, () => [
          `${voice.id}: ${voice.name}${voice.usable ? '' : `, not usable: ${voice.whyNot}`}`,
        ])
      })
    })
  voices
    .command('remove')
    .description('delete a voice, with all that was kept of its training')
    .argument('<id>')
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      return withApp(options, async (app) => {
        const result = await app.handlers['voices.remove']({ voice: id })
        print(options, result, () => [`${id} is removed`])
      })
    })
}
