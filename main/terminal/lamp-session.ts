/** What a benchmark's run needs of the app: a base that is open, and the trainer behind it. Ctrl-C ends both cleanly. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createBases } from '../app/models/bases.ts'
import { openCatalog } from '../app/models/catalog.ts'
import { type InstalledBase, installedBase, trainableBase } from '../app/training/run-base.ts'
import { megabytes } from '../catalog/files.ts'
import { IdiolectError } from '../errors.ts'
import { createPromptBuilder, type PromptBuilder } from '../examples/prompt.ts'
import { openBase } from '../inference/base.ts'
import { machineThreads } from '../inference/threads.ts'
import type { Base, Tokenizer } from '../inference/types.ts'
import { hybridSearch } from '../lamp/hybrid.ts'
import type { LampProgress, LampRunOptions, TrainVoice } from '../lamp/options.ts'
import { lampWords } from '../lamp/tasks.ts'
import type { LampFile } from '../lamp/types.ts'
import { openStore } from '../store/store.ts'
import { startTraining, type TrainingRun } from '../trainer/client.ts'
import { computedIn } from '../trainer/computed.ts'
import { deviceSpeeds } from '../trainer/device-speeds.ts'
import { createRun, hasPlan, readResult } from '../trainer/run-folder.ts'
import type { StepRecord } from '../trainer/types.ts'
import { keepUnder } from '../trainer/under.ts'
import { createProgress, onInterrupt, type Progress, seconds } from './terminal.ts'

export interface LampSessionOptions {
  dataFolder: string
  file: LampFile
  /** Shown with an interruption: how to go on. */
  out: string
  /** Id of the base; default the one in use. */
  base?: string
  /** Whether anything is trained: then the base must allow it. */
  trains: boolean
  threads?: number
}

/** The options of `runLamp` that are the same for every run of a session. */
export type LampSession = Required<
  Pick<
    LampRunOptions,
    'base' | 'baseSha256' | 'builder' | 'train' | 'threads' | 'renew' | 'hybrid' | 'signal' | 'onProgress'
  >
> & {
  builder: PromptBuilder
  /** Of whichever base is open. */
  tokenizer: Tokenizer
  progress: Progress
}

/** Opens, works, and closes whatever happens. */
export async function withLamp<T>(
  { dataFolder, file, out, base: id, trains, threads = machineThreads().chat }: LampSessionOptions,
  work: (session: LampSession) => Promise<T>,
): Promise<T> {
  const catalog = openCatalog(dataFolder)
  const store = await openStore(dataFolder)
  const bases = createBases(store, catalog, async () => () => {})
  const controller = new AbortController()
  let worker: TrainingRun | null = null
  const stopListening = onInterrupt(() => {
    controller.abort(new IdiolectError('Interrupted', 'the run was interrupted', `Go on with it: --out ${out}`))
    worker?.stop()
  })
  const progress = createProgress()
  let open: Base | null = null
  try {
    const model = (trains ? trainableBase : installedBase)({ catalog, bases }, id)
    const opened = async (): Promise<Base> => {
      await open?.dispose()
      open = null
      open = await openBase(model.path, { threads })
      return open
    }
    const base = await opened()
    const tokenizer = tokenizerOf(() => open ?? base)
    const session: LampSession = {
      base,
      baseSha256: model.sha256,
      tokenizer,
      builder: createPromptBuilder(tokenizer, lampWords(file.benchmark)),
      train: trainer(model, deviceSpeeds(store), progress, (run) => {
        worker = run
      }),
      renew: opened,
      hybrid: (user) =>
        bases.withEmbedder((embedder) => {
          if (embedder) return hybridSearch(user, embedder, { signal: controller.signal })
          throw new IdiolectError('NoHybrid', 'no embedder is installed', 'Install one, or take retrieval.')
        }),
      signal: controller.signal,
      onProgress: ({ stage, message }: LampProgress) =>
        stage === 'note' ? progress.done(message) : progress.show(`${stage}: ${message}`),
      progress,
      threads,
    }
    return await work(session)
  } catch (error) {
    // A training that was stopped says how it alone goes on.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    progress.done()
    await (open as Base | null)?.dispose()
    await bases.close()
    await store.close()
    // Not before all is closed: npm hands the terminal's signal on, and the second would end the process here.
    stopListening()
  }
}

/** Of whichever base is open: prompts are built also after it was opened anew. */
export function tokenizerOf(base: () => Tokenizer): Tokenizer {
  return {
    tokenize: (text, special) => base().tokenize(text, special),
    detokenize: (tokens) => base().detokenize(tokens),
    endToken: base().endToken,
    beginToken: base().beginToken,
  }
}

function trainer(
  model: InstalledBase,
  measurements: string,
  progress: Progress,
  started: (run: TrainingRun | null) => void,
): TrainVoice {
  return async (examples, validation, settings, runFolder, { user, under, about }) => {
    if (!hasPlan(runFolder)) {
      const plan = {
        version: 1 as const,
        run: path.basename(runFolder),
        // No date, since it would stand in the voice's file: computed alike, a folder repeats from its seeds to the byte.
        createdAt: new Date(0).toISOString(),
        base: { id: model.id, file: model.path, sha256: model.sha256, architecture: model.architecture ?? 'llama' },
        settings,
        examples: { train: examples.length, validation: validation.length },
        about: { name: user, ...about },
      }
      mkdirSync(runFolder, { recursive: true })
      createRun(runFolder, under ? { ...plan, under: keepUnder(runFolder, under.file) } : plan, examples, validation)
    }
    const known = readResult(runFolder)
    if (known) return { ...known, computed: computedIn(runFolder) }
    const onStep = ({ step, steps, loss, tokensPerSecond, memoryBytes, secondsLeft }: StepRecord): void =>
      progress.show(
        `${user}: step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(memoryBytes)}, ${seconds(secondsLeft)} left`,
      )
    const run = startTraining(runFolder, {
      onStep,
      threads: settings.threads,
      measurements,
    })
    started(run)
    try {
      return { ...(await run.done), computed: computedIn(runFolder, settings.threads) }
    } finally {
      started(null)
    }
  }
}
