/** `train`: from the library to a voice with its proof. */
import type { Command } from 'commander'
import type { Proof, TaskAdapter, TaskTrainOptions, TrainingState, TrainOptions } from '../../preload/contract.ts'
import { megabytes } from '../catalog/files.ts'
import { IdiolectError } from '../errors.ts'
import {
  createProgress,
  type GlobalOptions,
  listOption,
  numberOption,
  print,
  seconds,
  type TerminalApp,
  withApp,
} from './terminal.ts'

/** Options of training, shared with `lamp run`. */
export function trainingOptions(command: Command): Command {
  return command
    .option('--kind <kind>', 'of adapter: lora, ia3 or prompt')
    .option('--virtual-tokens <n>', "a prompt's learned rows", numberOption('virtual-tokens', 1, 512, true))
    .option('--rank <n>', 'rank of the adapter', numberOption('rank', 1, 256, true))
    .option('--alpha <x>', 'alpha of the adapter', numberOption('alpha', 0.001, 4096))
    .option('--rslora', 'scale by alpha / √rank instead of alpha / rank')
    .option('--lora-plus <ratio>', "B's learning rate over A's", numberOption('lora-plus', 0.001, 1000))
    .option('--targets <list>', 'of q,k,v,o,gate,up,down, or all', listOption)
    .option('--lr <x>', 'peak learning rate', numberOption('lr', 1e-9, 1))
    .option('--epochs <n>', 'passes over the examples', numberOption('epochs', 1, 100, true))
    .option('--batch <n>', 'examples a step', numberOption('batch', 1, 1024, true))
    .option('--max-tokens <n>', 'longest example', numberOption('max-tokens', 32, 131072, true))
    .option('--seed <n>', 'seed of every random choice', numberOption('seed', 0, 2 ** 32, true))
    .option('--threads <n>', 'threads to train with', numberOption('threads', 1, 256, true))
    .option('--device <kind>', 'auto (what chats), cpu, cuda, vulkan or metal')
}

export function trainCommand(program: Command): void {
  trainingOptions(
    program.command('train').description('train a voice on the library, prove it, switch it on if it wins'),
  )
    .option('--tasks <list>', 'of headline,tag,rate,prose; default: those that the library has enough of', listOption)
    .option('--base <id>', 'base model to train on')
    .option('--profile', 'with your profile above every prompt; default: as in the settings')
    .option('--no-profile', 'without it')
    .option('--name <name>', "the voice's name")
    .option('--from <voice>', 'go on from a voice of the same base, with its rank, alpha and targets')
    .option('--task-adapter <id>', 'train over a task adapter (see `task list`), or none')
    .option('--resume <run>', 'go on with a run that was interrupted')
    .action(async (own: TrainOptions & { resume?: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const { resume, ...wanted } = own
      if (resume !== undefined && Object.keys(wanted).length > 0) {
        throw new IdiolectError(
          'BadOption',
          `--resume goes on with the plan of ${JSON.stringify(resume)}, and takes no ${Object.keys(wanted).join(', ')} beside it`,
          'Leave the other options out, or train anew.',
        )
      }
      await withApp(options, async (app) => {
        const { taskAdapter } = wanted
        const asked = taskAdapter === 'none' ? { ...wanted, taskAdapter: null } : wanted
        const state = await trainInTerminal(app, resume === undefined ? asked : { resume })
        if (state.taskAdapter) return printTaskAdapter(app, options, state.taskAdapter)
        const voices = await app.handlers['voices.list']({})
        const voice = voices.find((one) => one.id === state.voice)
        const result = app.training.result(state.run)
        const proof = state.voice ? await app.handlers['voices.proof']({ voice: state.voice }) : null
        if (!voice || !result || !proof) throw new IdiolectError('TrainingFailed', state.error ?? state.message, null)
        const { steps, tokens, seconds: took, tokensPerSecond, peakMemoryBytes } = result
        print(
          options,
          {
            run: state.run,
            voice: voice.id,
            base: voice.base,
            steps,
            tokens,
            seconds: took,
            tokensPerSecond,
            peakMemoryBytes,
            proof: proofNumbers(proof),
            active: voice.active,
          },
          () => [
            `${voice.name} (${voice.id}): ${steps} steps, ${tokens} tokens in ${seconds(took)}, ${tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(peakMemoryBytes)}`,
            ...proofLines(proof),
            voice.active ? 'It is switched on.' : 'It is kept, and not switched on.',
          ],
        )
      })
    })
}

export function proofNumbers(proof: Proof) {
  const { scores, queries } = proof
  return {
    queries,
    base: scores.base.nll,
    voice: scores.voice.nll,
    other: scores.other.nll,
    baseWithRetrieval: scores.baseWithRetrieval.nll,
    voiceWithRetrieval: scores.voiceWithRetrieval.nll,
    otherWithRetrieval: scores.otherWithRetrieval.nll,
    ...(scores.task ? { task: scores.task.nll } : {}),
    ...(scores.taskWithRetrieval ? { taskWithRetrieval: scores.taskWithRetrieval.nll } : {}),
    gain: proof.gain,
    ...(proof.tasks ? { tasks: proof.tasks } : {}),
    won: proof.won,
    verdict: proof.verdict,
  }
}

export function proofLines({ scores, gain, verdict, queries, pieces, items }: Proof): string[] {
  const nll = (score: { nll: number }): string => score.nll.toFixed(3)
  const interval = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
    `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`
  return [
    `Proof: ${queries} queries from ${pieces} pieces that it has not seen; surprise per token (nats, lower is better)`,
    ...(items.some(({ choices }) => choices !== undefined)
      ? ['  (a tag or a rating counts as one token, by the share of the right one among all that you use)']
      : []),
    `                     base  voice  other`,
    `  without retrieval  ${nll(scores.base)}  ${nll(scores.voice)}  ${nll(scores.other)}`,
    `  with retrieval     ${nll(scores.baseWithRetrieval)}  ${nll(scores.voiceWithRetrieval)}  ${nll(scores.otherWithRetrieval)}`,
    `  gain over the base ${interval(gain.overBase)}, with retrieval ${interval(gain.overBaseWithRetrieval)}, over the other voice ${interval(gain.overOther)}`,
    ...(scores.task && scores.taskWithRetrieval && gain.overTask
      ? [
          `  the base with the task adapter: ${nll(scores.task)}, with retrieval ${nll(scores.taskWithRetrieval)}; gain over it ${interval(gain.overTask)}`,
        ]
      : []),
    verdict,
  ]
}

/** What a task adapter's run has made. */
export async function printTaskAdapter(app: TerminalApp, options: GlobalOptions, id: string): Promise<void> {
  const made = (await app.handlers['task.list']({})).find((one) => one.id === id)
  if (!made) throw new IdiolectError('TrainingFailed', `the task adapter ${id} is not there`, null)
  const result = app.training.result(id)
  const { note } = app.training.current() ?? {}
  const { steps = 0, tokens = 0, seconds: took = 0 } = result ?? {}
  print(options, { run: id, taskAdapter: made, steps, tokens, seconds: took, note: note ?? null }, () => [
    `${made.name} (${id}): ${steps} steps, ${tokens} tokens in ${seconds(took)}`,
    ...taskCard(made),
    ...(note ? [note] : []),
    `Train over it: train --task-adapter ${id}`,
  ])
}

/** From whose texts a task adapter comes. */
export function taskCard({ texts, tasks, examples }: TaskAdapter): string[] {
  if (texts.length === 0) return ['  from whose texts is not known']
  return [
    `  ${examples} examples of ${tasks.join(', ')}, from`,
    ...texts.map(({ author, licence, pieces }) => `    ${pieces} pieces by ${author} (${licence})`),
  ]
}

/** Starts or resumes a run and waits for its end, showing how it goes. Errors: what the run failed with. */
export async function trainInTerminal(
  app: TerminalApp,
  what: TrainOptions | { resume: string } | { task: TaskTrainOptions },
): Promise<TrainingState> {
  const progress = createProgress()
  let told = false
  const off = app.events.on((name, event) => {
    if (name === 'train.step' && 'gradNorm' in event) {
      const { step, steps, loss, validation, tokensPerSecond, memoryBytes, secondsLeft } = event
      const measured = validation === null ? '' : `, validation ${validation.toFixed(3)}`
      progress.show(
        `step ${step} of ${steps}: loss ${loss.toFixed(3)}${measured}, ${tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(memoryBytes)}, ${seconds(secondsLeft)} left`,
      )
    } else if (name === 'train.state' && 'stage' in event && 'proving' in event) {
      if (event.memoryForecast !== null && !told) {
        process.stderr.write(`memory: at most ${megabytes(event.memoryForecast)} by plan\n`)
        told = true
      }
      const share = event.stage === 'proving' ? ` ${(event.proving * 100).toFixed(0)}%` : ''
      progress.show(`${event.message}${share}`)
    }
  })
  try {
    const started =
      'resume' in what
        ? await app.handlers['train.resume']({ run: what.resume })
        : 'task' in what
          ? await app.handlers['task.train'](what.task)
          : await app.handlers['train.start'](what)
    process.stderr.write(`run ${started.run}\n`)
    if (started.note) process.stderr.write(`${started.note}\n`)
    const state = await ended(app, started)
    if (state.stage === 'done') return state
    const next = state.stage === 'interrupted' ? `Go on with it: train --resume ${state.run}` : null
    throw new IdiolectError('TrainingFailed', state.message, next)
  } finally {
    off()
    progress.done()
  }
}

function ended(app: TerminalApp, started: TrainingState): Promise<TrainingState> {
  const over = (state: TrainingState): boolean => ['done', 'failed', 'cancelled', 'interrupted'].includes(state.stage)
  return new Promise((resolve) => {
    if (over(started)) return resolve(started)
    const off = app.events.on((name, event) => {
      if (name !== 'train.state' || !('proving' in event) || !over(event)) return
      off()
      resolve(event)
    })
    const now = app.training.current()
    if (now && over(now)) resolve(now)
  })
}
