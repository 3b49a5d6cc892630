/**
 * `npm run demo`: the whole main job in a terminal, on the sample author's posts, in a data folder of its own that is
 * begun anew each time: import, training, proof, and headlines for a piece that was kept out of training.
 */
import { megabytes } from './catalog/files.ts'
import { machineThreads } from './inference/threads.ts'
import { beginDemoFolder } from './terminal/demo-folder.ts'
import { fail, seconds, type TerminalApp, withApp } from './terminal/terminal.ts'
import { proofLines, trainInTerminal } from './terminal/train-command.ts'

const say = (text = ''): void => void process.stdout.write(`${text}\n`)

async function step<T>(number: number, name: string, work: () => Promise<T>): Promise<T> {
  say(`${number}. ${name}`)
  const began = performance.now()
  const result = await work()
  say(`   ${seconds((performance.now() - began) / 1000)}`)
  return result
}

async function demo(): Promise<void> {
  const began = performance.now()
  await withApp({ data: beginDemoFolder(process.env) }, (app) => mainJob(app, began))
}

async function mainJob(app: TerminalApp, began: number): Promise<void> {
  const { handlers } = app
  const { sampleFolder } = await handlers['app.info']({})
  const { base } = await handlers['app.state']({})
  say(`Base model: ${base}; ${machineThreads().chat} threads`)
  say()

  await step(1, "Reading the sample author's posts", async () => {
    const report = await handlers['library.import']({ request: 'import', paths: [sampleFolder] })
    say(`   ${report.documents} pieces, ${report.passages} passages, ${report.skipped.length} files skipped`)
    for (const q of report.questions)
      say(`   set aside: ${q.documents} ${q.kind === 'draft' ? 'draft' : `by ${q.author}`} (${q.examples.join('; ')})`)
  })

  const state = await step(2, 'Training a voice, and proving it on pieces that it has not seen', async () => {
    const trained = await trainInTerminal(app, { name: 'The sample author', tasks: ['headline'] })
    const result = app.training.result(trained.run)
    if (result)
      say(
        `   ${result.steps} steps, ${result.tokens} tokens, ${result.tokensPerSecond.toFixed(0)} tokens/s, ${megabytes(result.peakMemoryBytes)} at most`,
      )
    return trained
  })
  const proof = state.voice ? await handlers['voices.proof']({ voice: state.voice }) : null
  if (!state.voice || !proof) throw new Error(state.message)
  for (const line of proofLines(proof)) say(`   ${line}`)
  say()

  const unseen = proof.items.filter((item) => item.task === 'headline').at(-1)
  if (!unseen) throw new Error('no piece was kept out of training')
  const piece = await handlers['library.get']({ document: unseen.document })
  await step(3, `Headlines for a piece that it has not seen (its author called it “${piece.title}”)`, async () => {
    for (const [label, voice] of [
      ['without a voice', null],
      ['in the voice', state.voice],
    ] as const) {
      const { candidates } = await handlers['headline.write']({
        request: label,
        text: piece.text,
        voice,
        count: 3,
        seed: 1,
      })
      say(`   ${label}:`)
      for (const candidate of candidates) say(`     ${candidate.text}`)
    }
  })
  say()
  say(
    `All of it took ${seconds((performance.now() - began) / 1000)}. The demo's data is in ${app.context.store.folder}`,
  )
}

demo().catch((error: unknown) => fail(error, {}))
