/** `lamp run`, `lamp table` and `lamp merge`: the methods table over the users of a LaMP-shaped file. */
import path from 'node:path'
import type { Command } from 'commander'
import { defaultDataFolder } from '../app/data-folder.ts'
import { givenSettings } from '../app/training/given-settings.ts'
import { checkOptions } from '../app/training/run-plan.ts'
import { IdiolectError } from '../errors.ts'
import { readLampFile } from '../lamp/file.ts'
import { FIRST_METHODS, METHODS_TABLE, parseMethods } from '../lamp/methods.ts'
import { definedOf, type LampRunOptions } from '../lamp/options.ts'
import { SETTINGS_PLANS, type SettingsPlanName, settingsPlan } from '../lamp/plans.ts'
import { runLamp } from '../lamp/run.ts'
import { TRAIN_PROMPTS, type TrainPrompts } from '../lamp/training.ts'
import type { LampFile } from '../lamp/types.ts'
import type { TrainSettings } from '../trainer/types.ts'
import { withLamp } from './lamp-session.ts'
import { lampTableCommands, showTable } from './lamp-table.ts'
import { type GlobalOptions, listOption, numberOption, print } from './terminal.ts'
import { trainingOptions } from './train-command.ts'

type Training = Pick<
  TrainSettings,
  | 'kind'
  | 'virtualTokens'
  | 'rank'
  | 'alpha'
  | 'rslora'
  | 'targets'
  | 'lr'
  | 'epochs'
  | 'batch'
  | 'seed'
  | 'threads'
  | 'device'
>

export interface LampOptions extends Partial<Training> {
  loraPlus?: number
  users?: string[]
  methods?: string[]
  queries?: number
  maxInput: number
  maxRetrieved?: number
  maxRetrievedTotal?: number
  maxTokens?: number
  trainPrompts?: TrainPrompts
  profiles: 'counts' | 'model' | 'none'
  plan: SettingsPlanName
  shard?: { index: number; of: number }
  folds?: number
  leaveOneOut?: boolean
  mostPasses?: number
  taskItems?: number
  taskUsers?: string
  taskLr?: number
  taskEpochs?: number
  taskBatch?: number
  overLr?: number
  overEpochs?: number
  others?: number
  contrast?: number
  plausible?: number
  out?: string
  generate?: true | string[]
  base?: string
}

/** @returns `lamp`, for more commands under it */
export function lampCommand(program: Command): Command {
  const lamp = program
    .command('lamp')
    .description('the benchmark of the paper, on its own files and files of its shape')
  runOptions(
    lamp
      .command('run')
      .description(
        'score methods: base, or parts joined with + of task, profile, retrieval (retrieval-2, hybrid, ...) and one of voice, other, cope',
      )
      .argument('<file>', 'a JSON file of users, histories and queries'),
  ).action(async (file: string, own: LampOptions, command: Command) => {
    const options = command.optsWithGlobals<GlobalOptions>()
    const dataFolder = options.data ? path.resolve(options.data) : defaultDataFolder()
    for (const name of ['users', 'methods', 'targets', 'generate'] as const) {
      const given = own[name]
      if (Array.isArray(given) && given.length === 0)
        throw new IdiolectError('BadOption', `--${name} was given an empty list`, null)
    }
    const lampFile = readLampFile(path.resolve(file))
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
    const out = path.resolve(own.out ?? path.join(dataFolder, 'lamp', `${lampFile.task}-${stamp}`))
    const wanted = lampSettings(own, lampFile)
    checkGenerate(own, lampFile)
    const trains = parseMethods(own.methods ?? FIRST_METHODS, lampFile.task).some(
      ({ voice, task }) => task || voice !== 'none',
    )
    const result = await withLamp(
      { dataFolder, file: lampFile, out, base: own.base, trains, threads: own.threads },
      async (session) => {
        const { progress, tokenizer: _, ...handed } = session
        const done = await runLamp({ ...handed, ...wanted, file: lampFile, out })
        progress.done(`runs and scores are in ${out}`)
        return done
      },
    )
    if (Object.keys(result.users).length === 0) {
      print(options, { ...result, summary: null }, () => ['there is nobody in this shard'])
      return
    }
    const { summary, lines } = showTable(out)
    print(options, { ...result, summary }, () => lines)
  })
  lampTableCommands(lamp)
  return lamp
}

/** Options of `lamp run`, for the studies too. */
export function runOptions(command: Command): Command {
  return trainingOptions(command)
    .option('--users <list>', 'only these users: a column of the table', listOption)
    .option('--methods <list>', `a row or several; "table" for all ${METHODS_TABLE.length}`, listOption)
    .option('--queries <n>', 'the first n queries of a user', numberOption('queries', 1, 1e6, true))
    .option('--max-input <n>', "tokens of a query's input", numberOption('max-input', 8, 131072, true), 160)
    .option('--max-retrieved <n>', 'tokens of a single retrieved piece', numberOption('max-retrieved', 1, 131072, true))
    .option(
      '--max-retrieved-total <n>',
      'tokens of several retrieved pieces together',
      numberOption('max-retrieved-total', 1, 131072, true),
    )
    .option(
      '--train-prompts <how>',
      `prompts while training: ${TRAIN_PROMPTS.join(', ')}; default as the product does, plain for prose, else mixed`,
      choice('train-prompts', TRAIN_PROMPTS),
    )
    .option(
      '--profiles <how>',
      'profiles are written by counts, model, or none',
      choice('profiles', ['counts', 'model', 'none']),
      'counts',
    )
    .option(
      '--plan <how>',
      'training settings: by size of the history, as the product takes them, or protocol: the same for all',
      choice('plan', SETTINGS_PLANS),
      'size',
    )
    .option(
      '--folds <n>',
      'groups of users, each with a task adapter that saw none of them',
      numberOption('folds', 2, 1e6, true),
    )
    .option(
      '--most-passes <n>',
      'examples times epochs of a voice at most: fewer epochs, then fewer pieces, the newest; of prose evenly over time',
      numberOption('most-passes', 1, 1e7, true),
    )
    .option('--leave-one-out', 'a group for each user')
    .option('--task-items <n>', 'pieces that a task adapter is trained on', numberOption('task-items', 1, 1e7, true))
    .option('--task-users <file>', 'train the task adapter on the users of this file instead')
    .option('--task-lr <x>', "the task adapter's learning rate", numberOption('task-lr', 1e-9, 1))
    .option('--task-epochs <n>', 'its epochs', numberOption('task-epochs', 1, 100, true))
    .option('--task-batch <n>', 'its batch', numberOption('task-batch', 1, 1024, true))
    .option('--over-lr <x>', 'learning rate of a voice over a task adapter', numberOption('over-lr', 1e-9, 1))
    .option('--over-epochs <n>', 'epochs of a voice over a task adapter', numberOption('over-epochs', 1, 100, true))
    .option(
      '--others <n>',
      'other users\' voices that "other" is a mean over, at most (4): each costs as much as another row of the table',
      numberOption('others', 1, 1e6, true),
    )
    .option('--contrast <x>', "weight of cope's contrast", numberOption('contrast', 0, 100))
    .option('--plausible <x>', 'least share of the likeliest token that cope writes', numberOption('plausible', 0, 1))
    .option('--shard <i/n>', 'users i, i+n, ... alone; join the folders with lamp merge', shardOption)
    .option('--base <id>', 'base model')
    .option(
      '--generate [list]',
      "also write answers (the texts, their ROUGE-1 and ROUGE-L; of tags and scores whether, and by how much, they are wrong) under these methods, default all but those of others' voices; may be added to a finished run in its --out",
      listOption,
    )
    .option('--out <dir>', 'where runs and scores are kept; the same folder again does only what is missing')
}

/** What of the options `runLamp` takes. Errors: `BadOption`, and those of the file of --task-users. */
export function lampSettings(
  own: LampOptions,
  file: LampFile,
): Omit<LampRunOptions, 'base' | 'file' | 'builder' | 'train' | 'out'> {
  const { kind, virtualTokens, rank, alpha, rslora, loraPlus, targets, seed, device } = own
  checkOptions({ kind, virtualTokens, rank, alpha, rslora, loraPlus, targets, device })
  const adapter = givenSettings({ rank, alpha, rslora, loraPlus, targets, seed, device })
  return definedOf({
    users: own.users,
    methods: own.methods,
    queries: own.queries,
    maxInput: own.maxInput,
    maxRetrieved: own.maxRetrieved,
    maxRetrievedTotal: own.maxRetrievedTotal,
    maxTokens: own.maxTokens,
    trainPrompts: own.trainPrompts,
    profiles: own.profiles === 'none' ? null : own.profiles,
    shard: own.shard,
    folds: own.leaveOneOut ? file.users.length : own.folds,
    mostPasses: own.mostPasses,
    taskItems: own.taskItems,
    taskFile: own.taskUsers === undefined ? undefined : readLampFile(path.resolve(own.taskUsers)),
    others: own.others,
    contrast: definedOf({ weight: own.contrast, plausible: own.plausible }),
    plan: settingsPlan(own.plan),
    // Threads are the session's, for all that is trained.
    settings: givenSettings({ ...own, tasks: undefined, threads: undefined }),
    // A task adapter is a LoRA whatever lies over it.
    taskSettings: definedOf({
      ...(kind === undefined || kind === 'lora' ? adapter : {}),
      lr: own.taskLr,
      epochs: own.taskEpochs,
      batch: own.taskBatch,
    }),
    overSettings: definedOf({ lr: own.overLr, epochs: own.overEpochs }),
    generate: own.generate,
    seed,
  })
}

/** Answers are written under methods that are run, and by a model. Errors: `BadOption`, `UnknownMethod`. */
function checkGenerate({ generate, methods = [...FIRST_METHODS] }: LampOptions, { task }: LampFile): void {
  if (!Array.isArray(generate)) return
  const run = parseMethods(methods, task).filter(({ baseline }) => baseline === null)
  const stranger = parseMethods(generate, task).find(({ name, baseline }) => {
    // "table" names baselines too.
    return !run.some((one) => one.name === name) && (baseline === null || generate.includes(name))
  })
  if (stranger === undefined) return
  throw new IdiolectError(
    'BadOption',
    `--generate names ${JSON.stringify(stranger.asked)}, under which nothing is written in this run`,
    `Name it in --methods too, or take some of ${run.map(({ name }) => name).join(', ')}.`,
  )
}

function choice<T extends string>(name: string, known: readonly T[]) {
  return (text: string): T => {
    const found = known.find((one) => one === text)
    if (found) return found
    throw new IdiolectError(
      'BadOption',
      `--${name} takes one of ${known.join(', ')}, not ${JSON.stringify(text)}`,
      null,
    )
  }
}

function shardOption(text: string): { index: number; of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (shard.index < shard.of) return shard
  throw new IdiolectError('BadOption', `--shard takes i/n with i from 0 to n-1, not ${JSON.stringify(text)}`, null)
}
