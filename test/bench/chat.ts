/**
 * The good neighbour: how fast the app answers while it trains in the background, against how fast it answers while the
 * run is paused. By turns, through the app's own services with their own threads, on the sample author's history.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createApp } from '../../main/app/app.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import { median, spread } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

type App = Awaited<ReturnType<typeof createApp>>

interface Answer {
  /** Pieces of the stream, about one a token. */
  pieces: number
  /** From sending the question to the whole answer. */
  seconds: number
  /** To the first piece. */
  first: number
}

interface Round {
  idle: Answer
  training: Answer
}

const QUESTION = 'What would you write about on a quiet Sunday, and how would you begin?'

export async function chatPart(options: BenchOptions): Promise<PartResult> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'idiolect-bench-'))
  const before = process.env.IDIOLECT_MODELS
  process.env.IDIOLECT_MODELS = path.join(home, 'models')
  const app = await createApp({ dataFolder: path.join(home, 'data'), host: 'browser' })
  try {
    return report(options, await rounds(app, options))
  } finally {
    await app.close()
    if (before === undefined) delete process.env.IDIOLECT_MODELS
    else process.env.IDIOLECT_MODELS = before
    rmSync(home, { recursive: true, force: true })
  }
}

async function rounds(app: App, { base, quick, say }: BenchOptions): Promise<Round[]> {
  const { handlers } = app
  const added = await handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  await handlers['models.use']({ model: added.id })
  const { sampleFolder } = await handlers['app.info']({})
  await handlers['library.import']({ request: 'import', paths: [sampleFolder] })
  let steps = 0
  app.events.on((name) => {
    if (name === 'train.step') steps++
  })
  const begin = async (): Promise<void> => {
    say('chat: training begins')
    await handlers['train.start']({ tasks: ['headline'], epochs: 100 })
  }
  /** Resolves once the worker has done another step: it is at work, not paused, not proving. */
  const atWork = async (): Promise<void> => {
    const from = steps
    while (steps === from) {
      const state = await handlers['train.state']({})
      if (state?.error) throw new Error(`the training failed: ${state.error}`)
      // The run may have come to its end meanwhile.
      if (state?.stage === 'proving') await handlers['train.cancel']({})
      if (state?.stage === 'proving' || state?.stage === 'done') await begin()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await begin()
  await atWork()
  // The first answer loads the base and makes its context.
  await ask(app, 0, 8)
  const all: Round[] = []
  const count = quick ? 2 : 8
  for (let i = 1; i <= count; i++) {
    say(`chat: round ${i} of ${count}`)
    const tokens = quick ? 16 : 96
    const idle = async (): Promise<Answer> => {
      await atWork()
      await handlers['train.pause']({})
      // A pause takes hold between two blocks.
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const answer = await ask(app, i, tokens)
      await handlers['train.continue']({})
      return answer
    }
    const training = async (): Promise<Answer> => {
      await atWork()
      return ask(app, i, tokens)
    }
    // The order changes round by round.
    if (i % 2 === 1) all.push({ idle: await idle(), training: await training() })
    else {
      const second = await training()
      all.push({ idle: await idle(), training: second })
    }
  }
  await handlers['train.cancel']({})
  return all
}

async function ask(app: App, seed: number, maxTokens: number): Promise<Answer> {
  const request = `ask ${seed} ${Math.random()}`
  let pieces = 0
  let first = Number.NaN
  const began = performance.now()
  const off = app.events.on((name, event) => {
    if (name !== 'stream' || !('text' in event) || event.request !== request) return
    pieces++
    if (pieces === 1) first = (performance.now() - began) / 1000
  })
  try {
    await app.handlers['chat.send']({ request, text: QUESTION, retrieval: false, voice: null, seed, maxTokens })
    return { pieces, seconds: (performance.now() - began) / 1000, first }
  } finally {
    off()
  }
}

function report({ base, quick }: BenchOptions, all: Round[]): PartResult {
  const speed = ({ pieces, seconds }: Answer): number => pieces / seconds
  const ratios = all.map(({ idle, training }) => speed(training) / speed(idle))
  const row = (name: string, answers: Answer[]): string[] => [
    name,
    spread(answers.map(speed), 1),
    `${spread(
      answers.map(({ first }) => 1000 * first),
      0,
    )} ms`,
  ]
  const { chat, train } = machineThreads()
  return {
    tables: [
      {
        title: `Chat beside training: ${path.basename(base)}, ${chat} threads to chat, ${train} to train`,
        head: ['', 'pieces of text/s, prompt included', 'first piece after'],
        rows: [
          row(
            'training paused',
            all.map(({ idle }) => idle),
          ),
          row(
            'training goes on',
            all.map(({ training }) => training),
          ),
          ['ratio', spread(ratios), ''],
        ],
        notes: [
          `${all.length} answers each, by turns, same seeds${quick ? ' (quick: not to be quoted)' : ''}; median and whole spread.`,
        ],
      },
    ],
    bars: [
      {
        bar: 'chat beside training',
        wanted: 'at least 80% of its idle speed',
        measured: `${spread(
          ratios.map((ratio) => 100 * ratio),
          0,
        )}%`,
        met: median(ratios) >= 0.8,
      },
    ],
    data: all,
  }
}
