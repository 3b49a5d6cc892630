/** `lamp run`: methods over the users of a LaMP-shaped file, scored on their held-out queries. */
import path from 'node:path'
import type { Command } from 'commander'
import { createBases } from '../app/bases.ts'
import { openCatalog } from '../app/catalog.ts'
import { defaultDataFolder } from '../app/data-folder.ts'
import { meantDevice } from '../app/devices.ts'
import { installedBase, trainableBase } from '../app/run-base.ts'
import { checkOptions } from '../app/run-plan.ts'
import { megabytes } from '../catalog/files.ts'
import { IdiolectError } from '../errors.ts'
import { kindSettings } from '../examples/defaults.ts'
import { createPromptBuilder } from '../examples/prompt.ts'
import { machineThreads } from '../inference/threads.ts'
import { readLampFile } from '../lamp/file.ts'
import { definedOf, LAMP_METHODS, type LampResult, runLamp, type TrainVoice } from '../lamp/run.ts'
import { parseTargets } from '../model/lora.ts'
import { openStore } from '../store/store.ts'
import { startTraining, type TrainingRun } from '../trainer/client.ts'
import { createRun, hasPlan, readResult } from '../trainer/run-folder.ts'
import type { StepRecord, TrainSettings } from '../trainer/types.ts'
import { createProgress, type GlobalOptions, listOption, numberOption, print, seconds } from './terminal.ts'
import { trainingOptions } from './train-command.ts'

interface LampOptions
  extends Partial<
    Pick<
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
  > {
  loraPlus?: number
  users?: string[]
  methods?: string[]
  queries?: number
  maxInput: number
  maxTokens?: number
  out?: string
  generate?: boolean
  base?: string
}

export function lampCommand(program: Command): void {
  const lamp = program.command('lamp').description('the benchmark of the paper, on files of its shape')
  trainingOptions(
    lamp
      .command('run')
      .description(`methods: ${LAMP_METHODS.join(', ')}`)
      .argument('<file>', 'a JSON file of users, histories and queries'),
  )
    .option('--users <list>', 'only these users', listOption)
    .option('--methods <list>', 'only these methods', listOption)
    .option('--queries <n>', 'the first n queries of a user', numberOption('queries', 1, 1e6, true))
    .option('--max-input <n>', "tokens of a query's input", numberOption('max-input', 8, 131072, true), 160)
    .option('--base <id>', 'base model')
    .option('--generate', 'also write answers: ROUGE-1, ROUGE-L and the texts')
    .option('--out <dir>', 'where runs and scores are kept; the same folder again does only what is missing')
    .action(async (file: string, own: LampOptions, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const dataFolder = options.data ? path.resolve(options.data) : defaultDataFolder()
      for (const name of ['users', 'methods', 'targets'] as const) {
        if (own[name]?.length === 0) throw new IdiolectError('BadOption', `--${name} was given an empty list`, null)
      }
      const lampFile = readLampFile(path.resolve(file))
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
      const out = path.resolve(own.out ?? path.join(dataFolder, 'lamp', `${lampFile.task}-${stamp}`))
      const result = await run(lampFile, dataFolder, out, own)
      print(options, result, () => table(result))
    })
}

async function run(
  file: ReturnType<typeof readLampFile>,
  dataFolder: string,
  out: string,
  own: LampOptions,
): Promise<LampResult> {
  const catalog = openCatalog(dataFolder)
  const store = await openStore(dataFolder)
  const bases = createBases(store, catalog, async () => () => {})
  const controller = new AbortController()
  let worker: TrainingRun | null = null
  const interrupt = (): void => {
    controller.abort(new IdiolectError('Interrupted', 'the run was interrupted', `Go on with it: --out ${out}`))
    worker?.stop()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  const progress = createProgress()
  try {
    // For this run only: the benchmark must not change what the user writes with.
    const trains = own.methods?.every((method) => method === 'base' || method === 'retrieval') !== true
    const model = (trains ? trainableBase : installedBase)({ catalog, bases }, own.base)
    await bases.choose(model, false)
    const train: TrainVoice = async (examples, validation, settings, runFolder, { user }) => {
      if (!hasPlan(runFolder)) {
        createRun(
          runFolder,
          {
            version: 1,
            run: path.basename(runFolder),
            createdAt: new Date().toISOString(),
            base: { id: model.id, file: model.path, sha256: model.sha256, architecture: model.architecture ?? 'llama' },
            settings,
            examples: { train: examples.length, validation: validation.length },
            about: { name: user },
          },
          examples,
          validation,
        )
      }
      const known = readResult(runFolder)
      if (known) return known
      const onStep = ({ step, steps, loss, tokensPerSecond, memoryBytes, secondsLeft }: StepRecord): void =>
        progress.show(
          `${user}: step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(memoryBytes)}, ${seconds(secondsLeft)} left`,
        )
      worker = startTraining(runFolder, {
        onStep,
        threads: settings.threads,
        measurements: path.join(path.dirname(runFolder), 'device-speeds.json'),
      })
      try {
        return await worker.done
      } finally {
        worker = null
      }
    }
    const {
      rank,
      alpha,
      rslora,
      loraPlus,
      targets,
      lr,
      epochs,
      batch,
      seed,
      threads = machineThreads().chat,
      device,
    } = own
    checkOptions({ kind: own.kind, virtualTokens: own.virtualTokens, rank, alpha, rslora, loraPlus, targets, device })
    const result = await bases.withBase((base) =>
      runLamp({
        base,
        baseSha256: model.sha256,
        file,
        builder: createPromptBuilder(base),
        train,
        out,
        users: own.users,
        methods: own.methods,
        queries: own.queries,
        maxInput: own.maxInput,
        maxTokens: own.maxTokens,
        settings: {
          ...kindSettings(own.kind, own.virtualTokens),
          ...definedOf({
            rank,
            alpha,
            rslora,
            lrRatioB: loraPlus,
            targets: targets && parseTargets(targets),
            lr,
            epochs,
            batch,
            seed,
            threads,
            device: meantDevice(device),
          }),
        },
        generate: own.generate,
        seed,
        signal: controller.signal,
        onProgress: ({ user, stage, message }) =>
          stage === 'note' ? progress.done(message) : progress.show(`${user ?? ''} ${stage}: ${message}`),
      }),
    )
    progress.done(`runs and scores are in ${out}`)
    return result
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    progress.done()
    await bases.close()
    await store.close()
  }
}

function table({ users }: LampResult): string[] {
  return Object.entries(users).flatMap(([user, { methods, training }]) => [
    user,
    ...Object.entries(methods).map(
      ([name, score]) =>
        `  ${name.padEnd(16)} ${score.nll.toFixed(3)} nats a token, ${score.tokens} tokens, ${score.queries} queries`,
    ),
    ...(training
      ? [
          `  training         ${training.tokens} tokens in ${seconds(training.seconds)}, ${training.tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(training.peakMemoryBytes)}`,
        ]
      : []),
  ])
}
