/**
 * The main job as a new user does it: from a folder of writing to a proved voice, headlines and chat, on the starter
 * model and real engines. Written once for every window.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import { SMOLLM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, stepShown, textOf } from './page.ts'
import * as steps from './steps.ts'

/** A piece of the sample author's that is among the newest: kept out of training. */
const NEWEST = 'In Which a Log Is Begun'

/** Counts the sample author's posts with this tag. */
function postsTagged(tag: string): number {
  const folder = path.join(projectFolder(), 'resources', 'sample')
  const matters = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8').split('---')[1] ?? '')
  return matters.filter((matter) => new RegExp(`^tags:.*\\b${tag}\\b`, 'm').test(matter)).length
}

/** The tests of one window, in the order of the job; after a failure the rest has nothing to stand on and is skipped. */
export function mainJob(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp

  beforeAll(async () => {
    app = await open(data, { IDIOLECT_MODELS: path.dirname(SMOLLM ?? data) })
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-failed`)

  it('reads the sample author, and asks about what may not be hers', async () => {
    const { page } = app
    await page.getByTestId('first-start').waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-first-start`)
    const found = await steps.importSample(page)
    await expect.poll(() => textOf(found)).toContain('31 pieces')
    await expect.poll(() => textOf(found)).toContain('1 file was left out, and why')
    await page.getByText('From 29 pieces').waitFor()
    await picture(page, `${prefix}-found`)
    expect(await barriers(page)).toEqual([])
    await expect.poll(() => page.getByRole('button', { name: 'No, keep for reading only' }).count()).toBe(2)
    await steps.keepForReading(page, 'Oskar Tveit')
    await steps.keepForReading(page, 'marked as draft')
    expect(await page.getByRole('button', { name: 'No, keep for reading only' }).count()).toBe(0)
    await steps.lookAround(page)
  })

  it('lists and filters the pieces', async () => {
    const { page } = app
    const list = page.getByRole('list', { name: 'Your pieces' })
    const count = page.getByText(/^\d+ pieces?( of \d+)?$/)
    await expect.poll(() => textOf(count)).toBe('31 pieces')
    const tag = page.getByRole('group', { name: 'Tags' }).getByRole('button', { name: /^lighthouse/ })
    await tag.click()
    await expect.poll(() => textOf(count)).toBe(`${postsTagged('lighthouse')} pieces of 31`)
    await tag.click()
    await page.getByRole('checkbox', { name: 'For reading only' }).check()
    await expect.poll(() => textOf(count)).toBe('2 pieces of 31')
    await expect.poll(() => textOf(list)).toContain('The Sea Seen from a Lathe')
    await expect.poll(() => textOf(list)).toContain('In Which Something Is Said About Oil')
    await page.getByRole('checkbox', { name: 'For reading only' }).uncheck()
    await list.getByRole('button', { name: NEWEST }).click()
    await page.getByRole('article', { name: NEWEST }).getByText('Watch kept.').first().waitFor()
    await picture(page, `${prefix}-library`)
    expect(await barriers(page)).toEqual([])
  })

  it('finds a passage, and opens it in its piece', async () => {
    const { page } = app
    await page.getByRole('searchbox', { name: 'Search in words and meaning' }).fill('ferry early')
    const hit = page
      .getByRole('list', { name: 'Your pieces' })
      .getByRole('button')
      .filter({ hasText: 'In Which the Ferry Is Early' })
    await hit.locator('mark').first().waitFor()
    await hit.click()
    const mark = page.getByRole('article', { name: 'In Which the Ferry Is Early' }).locator('mark')
    await mark.first().waitFor()
    expect((await textOf(mark.first())).length).toBeGreaterThan(20)
    const box = await mark.first().boundingBox()
    const height = await page.evaluate(() => innerHeight)
    expect(box?.y ?? -1).toBeGreaterThanOrEqual(0)
    expect(box?.y ?? height).toBeLessThan(height)
    await picture(page, `${prefix}-search`)
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Clear the search' }).click()
  })

  it('trains a voice with steps to watch, pauses and goes on', async () => {
    const { page } = app
    // Short, and on all the cores that models may take here.
    const numbers = { Epochs: 1, 'Tokens per example': 112, Threads: machineThreads().chat }
    await steps.train(page, { name: 'Edda', headlinesOnly: true, numbers })
    await steps.reachStep(page, 1)
    await page.getByRole('img', { name: 'Loss by step' }).locator('canvas').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused', { exact: true }).waitFor()
    // What is on its way to the window may still arrive; then nothing more comes.
    await page.waitForTimeout(1500)
    const stood = await stepShown(page)
    await picture(page, `${prefix}-paused`)
    expect(await barriers(page)).toEqual([])
    await page.waitForTimeout(4000)
    expect(await stepShown(page)).toBe(stood)
    await page.getByRole('button', { name: 'Continue' }).click()
    await steps.reachStep(page, stood + 1)
  })

  it('shows the proof, and switches the voice on only if it won', async () => {
    const { page } = app
    const { won, text } = await steps.proofShown(page)
    expect(won || text.includes('Not convincing yet')).toBe(true)
    expect(text).toMatch(/Tried on [3-5] pieces that were kept out of training/)
    expect(text).toMatch(/On \d+ of your \d+ unseen texts, the voice guessed your own words better/)
    await page.getByTestId('proof').locator('summary', { hasText: 'The numbers' }).click()
    const values = await page
      .getByRole('group', { name: /^Bars of NLL/ })
      .locator('.value')
      .allInnerTexts()
    expect(values).toHaveLength(6)
    expect(values.every((value) => Number(value) > 0 && Number(value) < 12)).toBe(true)
    const on = page.getByRole('switch', { name: 'Write in the voice Edda' })
    expect(await on.isChecked()).toBe(won)
    await picture(page, `${prefix}-proof`)
    expect(await barriers(page)).toEqual([])
    // The owner may write in it either way.
    if (!won) await page.locator('label').filter({ has: on }).click()
    await page.getByText('Writing in “Edda”').waitFor()
  })

  it('writes headlines that stream in; the one chosen and its edit are kept', async () => {
    const { page } = app
    await steps.pieceForHeadlines(page, NEWEST)
    await page.getByText(`Its own title: ${NEWEST}`).waitFor()
    const streams = page.waitForFunction(() => {
      const shown = document.querySelector('[data-testid="candidate"]')?.textContent?.trim()
      return shown && document.querySelector('[data-testid="stop-button"]') ? shown : null
    })
    const candidates = await steps.writeHeadlines(page)
    expect(await (await streams).jsonValue()).not.toBe('')
    const texts = await candidates.locator('.text').allInnerTexts()
    expect(texts.every((text) => text.trim() !== '')).toBe(true)
    expect(new Set(texts).size).toBe(texts.length)
    await candidates.first().getByRole('button', { name: 'Choose' }).click()
    await candidates.first().getByRole('button', { name: 'Chosen', pressed: true }).waitFor()
    // A voice may say the same at every try: then the last is the first.
    const last = candidates.last()
    await last.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Edit the headline' }).fill('In Which the Boy Keeps the Log')
    await page.keyboard.press('Enter')
    await last.getByRole('button', { name: 'Chosen', pressed: true }).waitFor()
    await picture(page, `${prefix}-headlines`)
    expect(await barriers(page)).toEqual([])

    await page.reload()
    await go(page, 'Headlines')
    await page.getByTitle('Open this piece and its headlines again').first().click()
    const kept = [...texts.slice(0, -1), 'In Which the Boy Keeps the Log']
    expect(await candidates.locator('.text').allInnerTexts()).toEqual(kept)
    await expect.poll(() => last.getByRole('button', { name: 'Chosen', pressed: true }).count()).toBe(1)
  })

  it('chats, in the voice and without: an answer streams, stops, and opens its sources', async () => {
    const { page } = app
    await go(page, 'Chat')
    // It never learnt prose, and is heard here only when it is asked for.
    const voice = page.getByRole('switch', { name: 'Voice' })
    await page.getByText('“Edda” is silent here').waitFor()
    expect(await voice.isChecked()).toBe(false)
    await picture(page, `${prefix}-chat-silent`)
    await page.locator('label').filter({ has: voice }).click()
    await page.getByText('“Edda” writes here').waitFor()
    await steps.ask(page, 'What time is it?')
    expect(await steps.answered(page)).not.toBe('')
    await page.locator('label').filter({ has: voice }).click()
    expect(await voice.isChecked()).toBe(false)
    await steps.ask(
      page,
      'Write a long letter about the log, the clocks and the ferry, with every detail you can think of.',
    )
    const streaming = page.locator('[data-testid="answer"][data-streaming]')
    await expect.poll(async () => (await textOf(streaming)).replace('Thinking…', ''), { timeout: 60_000 }).not.toBe('')
    await page.getByTestId('stop-button').click()
    const answer = await steps.answered(page)
    expect(answer).not.toBe('')
    await page.getByText('Stopped before its end.').waitFor()
    const sources = page.locator('details', { hasText: 'From your writing' }).last()
    await sources.locator('summary').click()
    await picture(page, `${prefix}-chat`)
    expect(await barriers(page)).toEqual([])

    await sources.getByRole('button').first().click()
    await page.getByRole('region', { name: 'Piece' }).locator('mark').first().waitFor()
    await page.getByRole('button', { name: 'Back to Chat' }).click()

    await page.reload()
    await go(page, 'Chat')
    await page.getByRole('navigation', { name: 'Conversations' }).getByRole('button').first().click()
    expect(await steps.answered(page)).toBe(answer)
    await page.getByText('Stopped before its end.').waitFor()
  })

  it('shows which base is in use', async () => {
    const { page } = app
    await page.keyboard.press('Control+Shift+Digit8')
    const card = page.getByRole('article', { name: 'SmolLM2 135M Instruct' })
    await card.waitFor()
    await expect.poll(() => textOf(card)).toContain('In use')
    await expect.poll(() => textOf(card)).toContain('Learning')
    await picture(page, `${prefix}-models`)
    expect(await barriers(page)).toEqual([])
  })

  it('ran without an error on the console or a request to another machine', () => {
    expect(app.trouble).toEqual([])
  })
}
