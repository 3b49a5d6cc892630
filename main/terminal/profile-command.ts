/** `profile`: what is known of the owner as an author, shown, written by the base or counted, or set by hand. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { Profile, TrainingTask } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { TASK_NAMES } from '../examples/tasks.ts'
import { createProgress, type GlobalOptions, numberOption, print, withApp } from './terminal.ts'

interface ProfileOptions {
  task?: TrainingTask
  write?: boolean
  by?: 'model' | 'counts'
  seed?: number
  replace?: boolean
  set?: string
}

export function profileCommand(program: Command): void {
  program
    .command('profile')
    .description('what prompts say of you, task by task; without an option: show it')
    .option('--task <task>', 'headline, tag, rate or prose (drafts and chat too); default: headline, or all to show')
    .option('--write', 'have it written from the pieces that training learns from')
    .option('--by <how>', 'with --write: counts (the default: no model, sure and quick) or model (the base writes)')
    .option('--seed <n>', 'with --write: the same seed writes the same', numberOption('seed', 0, 2 ** 32, true))
    .option('--replace', 'with --write: also over your own words')
    .option('--set <text>', 'your own words, or a file of them; an empty text takes the profile away')
    .action((own: ProfileOptions, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { task, write, set, by, seed, replace } = own
      if (write && set !== undefined)
        throw new IdiolectError('BadOption', '--write and --set were both given', 'Give one of them.')
      const idle = Object.entries({ by, seed, replace }).filter(([, value]) => value !== undefined && !write)
      if (idle.length > 0)
        throw new IdiolectError('BadOption', `--${idle[0]?.[0]} was given without --write`, 'Add --write.')
      return withApp(options, async (app) => {
        if (!write && set === undefined) {
          const tasks = task === undefined ? TASK_NAMES : [task]
          const all = await Promise.all(tasks.map((one) => app.handlers['profile.get']({ task: one })))
          const profiles = all.filter((one) => one !== null)
          print(options, { profiles }, () =>
            profiles.length === 0 ? ['no profile yet: profile --write'] : profiles.map(lineOf),
          )
          return
        }
        const of = task ?? 'headline'
        if (set !== undefined) {
          const profile = await app.handlers['profile.set']({ task: of, text: textOf(set) })
          print(options, { profile }, () => [profile ? lineOf(profile) : `there is no profile for ${of} now`])
          return
        }
        const progress = createProgress()
        const tries: string[] = []
        const off = app.events.on((name, event) => {
          if (name !== 'stream' || !('index' in event) || !('text' in event)) return
          tries[event.index] = (tries[event.index] ?? '') + event.text
          progress.show((tries[event.index] ?? '').replace(/\s+/g, ' ').slice(-100))
        })
        try {
          const profile = await app.handlers['profile.write']({
            request: 'profile',
            task: of,
            ...(by === undefined ? {} : { by }),
            ...(seed === undefined ? {} : { seed }),
            ...(replace ? { replace } : {}),
          })
          print(options, { profile }, () => [lineOf(profile)])
        } finally {
          off()
          progress.done()
        }
      })
    })
}

const WRITER = { model: 'written by the base', counts: 'counted from your pieces', owner: 'your own words' }

function lineOf({ task, text, by }: Profile): string {
  return `${task} (${WRITER[by]}): ${text}`
}

/** A file's text where there is such a file, else the text itself. */
function textOf(given: string): string {
  const file = path.resolve(given)
  return given !== '' && existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : given
}
