/**
 * Whatever happens to the host, nothing is lost: killed in the middle of a training, started twice, asked by a page
 * that holds no token. On a tiny model with random weights, which writes nonsense and trains in seconds.
 */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { readCheckpoint } from '../../main/trainer/checkpoint.ts'
import { readLog } from '../../main/trainer/run-folder.ts'
import { isAlive } from '../helpers/alive.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli, runHost, startHost } from './host.ts'
import { inChromium, inElectron, launchChromium, newPage, type OpenApp, whyNoChromium, whyNoElectron } from './open.ts'
import { go, picture, textOf, watchForTrouble } from './page.ts'
import * as steps from './steps.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

/** A data folder with a tiny base in use and the sample author in the library. */
async function tinyData(data: string): Promise<void> {
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 4, width: 128, ff: 256, vocabulary: 512, context: 1024, seed: 3 })
  const sample = path.join(projectFolder(), 'resources', 'sample')
  for (const args of [
    ['models', 'add', model],
    ['import', sample],
  ]) {
    const { code, stderr } = await runCli(data, args)
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  }
}

/** The run's folder, once training has begun. */
function runFolder(data: string): string {
  const runs = path.join(data, 'runs')
  const name = existsSync(runs) ? readdirSync(runs)[0] : undefined
  if (name === undefined) throw new Error(`no run in ${runs}`)
  return path.join(runs, name)
}

/** What the owner would miss: pieces, answers, headlines. */
async function belongings(page: Page): Promise<{ pieces: string; answer: string; headlines: string }> {
  await go(page, 'Library')
  const pieces = await textOf(page.getByText(/^\d+ pieces$/))
  await go(page, 'Chat')
  await page.getByRole('navigation', { name: 'Conversations' }).getByRole('button').first().click()
  const answer = await steps.answered(page)
  await go(page, 'Headlines')
  const headlines = await textOf(page.getByTitle('Open this piece and its headlines again').first())
  return { pieces, answer, headlines }
}

function killedAndGoneOnWith(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  it('goes on with a training whose host was killed, and keeps everything else', async () => {
    await tinyData(data)
    const first = await open(data)
    const { page } = first
    await go(page, 'Chat')
    await steps.ask(page, 'What is in the log?')
    await steps.answered(page)
    await steps.pieceForHeadlines(page, 'In Which a Log Is Begun')
    const candidates = await steps.writeHeadlines(page)
    await candidates.first().getByRole('button', { name: 'Choose' }).click()
    await candidates.first().getByRole('button', { name: 'Chosen' }).waitFor()
    const before = await belongings(page)
    expect(before.pieces).toBe('31 pieces')

    const numbers = { Epochs: 12, 'Examples per step': 1, 'Learning rate': 0.0001, Threads: 1 }
    await steps.train(page, { name: 'Tiny', headlinesOnly: true, numbers })
    await steps.reachStep(page, 1)
    // A checkpoint is due some seconds after the last one: standing still makes sure of one in the run's middle.
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Continue' }).waitFor()
    const folder = runFolder(data)
    const checkpointed = (): number => readCheckpoint(folder)?.position.step ?? 0
    const earlier = checkpointed()
    await page.waitForTimeout(5500)
    const workers = first.children().filter(isAlive)
    if (process.platform === 'linux') expect(workers.length).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect.poll(checkpointed, { interval: 5 }).toBeGreaterThan(earlier)
    await first.kill()
    expect(first.trouble.filter((line) => !line.includes('ERR_'))).toEqual([])

    const kept = readLog(folder).slice(0, checkpointed())
    expect(existsSync(path.join(folder, 'voice.gguf'))).toBe(false)
    // A worker must not train on without its host, nor beside the next one's.
    await expect.poll(() => workers.filter(isAlive)).toEqual([])

    const second = await open(data)
    await go(second.page, 'Voice')
    await second.page.getByRole('heading', { name: 'A training was interrupted' }).waitFor()
    await second.page.getByText(/It had come to step \d+ of \d+\./).waitFor()
    await picture(second.page, `${prefix}-interrupted`)
    expect(await belongings(second.page)).toEqual(before)
    await go(second.page, 'Voice')
    await second.page.getByRole('button', { name: 'Go on with it' }).click()
    const proof = await steps.proofShown(second.page)
    expect(proof.text).toContain('The proof: Tiny')
    const log = readLog(folder)
    expect(log.map(({ step }) => step)).toEqual(log.map((_, i) => i + 1))
    // Each step carries its speed, so these are the very steps of before, not the same ones done again.
    expect(log.slice(0, kept.length)).toEqual(kept)
    expect(log.length).toBeGreaterThan(kept.length)
    expect(await belongings(second.page)).toEqual(before)
    expect(second.trouble).toEqual([])
    await second.close()
  })
}

describe.skipIf(noChromium !== null)(
  `interrupted, in Chromium${skipped(noChromium)}`,
  { timeout: steps.TRAINING },
  () => {
    let browser: Browser
    const data = temporaryFolder()
    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser?.close())

    killedAndGoneOnWith(
      inChromium(() => browser),
      'chromium',
    )

    it('says that the connection is lost, and that the host is another one when it is back', async () => {
      const host = await startHost(data)
      const page = await newPage(browser)
      await page.goto(host.address)
      await page.getByTestId('first-start').waitFor()
      await host.kill()
      await page.getByText('The connection to Idiolect is lost. Trying again…').waitFor()
      const { port } = new URL(host.address)
      const again = await startHost(data, {}, Number(port))
      await page.getByText('Idiolect was started again, and no longer knows this page.').waitFor()
      await page.context().close()
      expect(await again.stop()).toBe(0)
    })

    it('refuses a second host on the same data folder, and says where the first is', async () => {
      const host = await startHost(data)
      const second = await runHost(data)
      expect(second.code).toBe(1)
      expect(second.stdout).toBe('')
      expect(second.stderr.split('\n')[0]).toBe(`Idiolect is open already: ${host.address}`)
      const answer = await fetch(new URL('/', host.address))
      expect(answer.status).toBe(200)
      expect(await host.stop()).toBe(0)
    })

    it('answers nothing without the token, and the page says what to do', async () => {
      const host = await startHost(data)
      const { origin } = new URL(host.address)
      const call = (headers: Record<string, string>): Promise<Response> =>
        fetch(`${origin}/api/call/app.state`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{}',
        })
      expect((await call({})).status).toBe(401)
      expect((await call({ 'x-idiolect-token': 'wrong' })).status).toBe(401)
      const token = new URLSearchParams(new URL(host.address).hash.slice(1)).get('token') ?? ''
      expect((await call({ 'x-idiolect-token': token })).status).toBe(200)
      expect((await call({ 'x-idiolect-token': token, origin: 'http://example.org' })).status).toBe(403)

      const page = await newPage(browser)
      const trouble = watchForTrouble(page)
      await page.goto(`${origin}/#token=wrong`)
      const notice = page.getByTestId('notice')
      await notice.first().waitFor()
      await expect
        .poll(() => textOf(notice.first()))
        .toContain('This page does not hold the token of the running Idiolect.')
      await expect.poll(() => textOf(notice.first())).toContain('Open the whole address that was printed')
      await page.getByText('Idiolect could not be opened here.').waitFor()
      expect(await page.getByTestId('first-start').count()).toBe(0)
      // The browser itself logs every refused request; nothing else may be there.
      expect(trouble.filter((line) => !line.includes('401'))).toEqual([])
      await picture(page, 'chromium-wrong-token')
      await page.context().close()
      await host.stop()
    })
  },
)

describe.skipIf(noElectron !== null)(
  `interrupted, in Electron${skipped(noElectron)}`,
  { timeout: steps.TRAINING },
  () => {
    killedAndGoneOnWith(inElectron, 'electron')
  },
)
