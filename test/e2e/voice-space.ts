/** What a writer does with voices, step by step: train, queue, judge, look into, mix, go back, export, remove. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli } from './host.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'
import * as steps from './steps.ts'

/** Where no other base is found. */
const only = (data: string): Record<string, string> => ({ IDIOLECT_MODELS: path.join(data, 'no-models') })

async function tinyData(data: string): Promise<void> {
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 2, width: 64, ff: 128, vocabulary: 512, context: 1024, seed: 3 })
  for (const args of [
    ['models', 'add', model],
    ['import', path.join(projectFolder(), 'resources', 'sample')],
  ]) {
    const { code, stderr } = await runCli(data, args, only(data))
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  }
}

const tab = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name }).click()

/** Waits until the page of this voice shows its proof. */
async function proved(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 2, name, exact: true }).waitFor({ timeout: steps.TRAINING })
  await page.getByTestId('proof').waitFor({ timeout: steps.TRAINING })
}

/** The tests of one window, in order; after a failure the rest has nothing to stand on and is skipped. */
export function voiceSpace(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp

  beforeAll(async () => {
    await tinyData(data)
    app = await open(data, only(data))
  }, steps.TRAINING)
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-voice-failed`)

  it('begins a training that is cancelled, and says so', async () => {
    const { page } = app
    const numbers = { Epochs: 60, 'Examples per step': 1, Threads: 1 }
    await steps.train(page, { name: 'Given up', headlinesOnly: true, numbers })
    await steps.reachStep(page, 1)
    await page.getByRole('button', { name: 'Cancel training' }).click()
    const asked = page.getByRole('dialog', { name: 'Cancel this training?' })
    await asked.getByText('What it has learned so far is given up.').waitFor()
    await asked.getByRole('button', { name: 'Cancel training' }).click()
    await page.getByText('The training was cancelled.').first().waitFor()
    await page.getByText('No voice yet.').waitFor()
  })

  it('trains in the open, ends early and keeps what was learnt; another one waits its turn', async () => {
    const { page } = app
    await steps.train(page, {
      name: 'Work',
      headlinesOnly: false,
      numbers: { Epochs: 60, 'Examples per step': 1, Threads: 1 },
    })
    await steps.reachStep(page, 2)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Continue' }).waitFor()
    await expect
      .poll(() => page.getByRole('img', { name: /^Loss by step: training and validation\. From \d/ }).count())
      .toBe(1)
    await page.locator('summary', { hasText: 'Train another one after this' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Fiction')
    await page.getByRole('button', { name: 'Put in the queue' }).click()
    const queue = page.getByRole('region', { name: 'Waiting for their turn' })
    await queue.getByText('Fiction').waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-voice-training`)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Stop and keep' }).click()
    await proved(page, 'Work')
    // The next one has begun by itself, with the options that it was queued with.
    await queue.waitFor({ state: 'detached' })
    await steps.reachStep(page, 1)
    await page.getByRole('button', { name: 'Stop and keep' }).click()
    await proved(page, 'Fiction')
  })

  it('shows the proof as a sentence and a picture; its texts open in the library', async () => {
    const { page } = app
    const proof = page.getByTestId('proof')
    await expect
      .poll(() => textOf(proof))
      .toMatch(/On \d+ of your \d+ unseen texts?, the voice guessed your own words better/)
    await proof.getByRole('img', { name: /^A dot for each unseen text/ }).waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-voice-proof`)
    await proof.locator('summary', { hasText: 'it was tried on' }).click()
    const item = proof.getByRole('table').getByRole('button').first()
    const title = await textOf(item)
    await item.click()
    await page.getByRole('article', { name: title }).waitFor()
    await page.getByRole('button', { name: 'Back to Voice' }).click()
  })

  it('lists what it learnt from, and marks what was excluded later', async () => {
    const { page } = app
    await tab(page, 'Learned from')
    const panel = page.getByRole('tabpanel')
    await panel.getByText(/It learned from \d+ texts of yours/).waitFor()
    const piece = panel.getByRole('listitem').getByRole('button').first()
    const title = await textOf(piece)
    await piece.click()
    await page.getByRole('article', { name: title }).waitFor()
    await page.getByRole('button', { name: 'Don’t learn from this' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Don’t learn from this' }).click()
    await page.getByRole('button', { name: 'Learn from this', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Back to Voice' }).click()
    await panel.getByRole('listitem').filter({ hasText: title }).getByText('excluded since').waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('asks blind, tells who wrote what, and counts; it is all there after a reload', async () => {
    const { page } = app
    await tab(page, 'Blind test')
    await page.getByRole('switch', { name: 'Mix in what I really wrote' }).check({ force: true })
    await page.getByRole('button', { name: 'Write the first pairs' }).click()
    const item = page.getByTestId('blind-item')
    await item.waitFor({ timeout: steps.TRAINING })
    const options = item.locator('.option')
    await expect.poll(() => options.count()).toBe(3)
    expect(await textOf(item)).not.toMatch(/the base model|your voice|you, really/)
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('2')
    const picked = item.getByRole('button', { pressed: true })
    await picked.waitFor()
    const told = await textOf(item)
    for (const who of ['your voice', 'the base model', 'you, really']) expect(told).toContain(who)
    await page.getByRole('heading', { name: 'Your verdict so far' }).waitFor()
    const stop = page.getByRole('button', { name: 'Stop', exact: true })
    if (await stop.isVisible()) await stop.click({ timeout: 5000 }).catch(() => undefined)
    await page.getByText(/^Write more pairs$|^Every unseen opening has been used/).waitFor()
    await picture(page, `${prefix}-voice-blind`)
    await page.reload()
    await go(page, 'Voice')
    await tab(page, 'Blind test')
    await page.getByRole('heading', { name: 'Your verdict so far' }).waitFor()
  })

  it('writes samples before and after, and measures forgetting and copying', async () => {
    const { page } = app
    await tab(page, 'Before and after')
    await page.getByRole('button', { name: 'Write samples' }).click()
    await page.getByRole('button', { name: 'Write them again' }).waitFor({ timeout: steps.TRAINING })
    const panel = page.getByRole('tabpanel')
    await expect.poll(() => panel.getByRole('article').count()).toBeGreaterThan(2)
    expect(await barriers(page)).toEqual([])
    await tab(page, 'Side effects')
    await page.getByRole('button', { name: 'Measure', exact: true }).click()
    await page.getByRole('button', { name: 'Measure again' }).waitFor({ timeout: steps.TRAINING })
    await panel.getByText('On 12 general texts').waitFor()
    await expect.poll(() => textOf(panel)).toMatch(/It copied no run of 8 words|of all runs of 8 words/)
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-voice-effects`)
    await tab(page, 'Numbers')
    await panel.getByText('What the training took').waitFor()
    await panel.getByRole('img', { name: /^Loss by step/ }).waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('mixes two voices, writes in the mix, and goes back', async () => {
    const { page } = app
    const use = async (name: string): Promise<void> => {
      const on = page.getByRole('switch', { name: `Write in the voice ${name}` })
      if (!(await on.isChecked())) await page.locator('label').filter({ has: on }).click()
      await page.getByText(`Writing in “${name}”`).waitFor()
    }
    await use('Work')
    await page.getByRole('button', { name: 'Mix voices' }).click()
    const dialog = page.getByRole('dialog', { name: 'Mix voices' })
    await dialog.getByLabel('Name').fill('Both')
    await dialog.getByRole('checkbox', { name: 'Work' }).check()
    await dialog.getByRole('checkbox', { name: 'Fiction' }).check()
    expect(await barriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await use('Both')
    await page.getByText('A mix of', { exact: false }).first().waitFor()
    await steps.pieceForHeadlines(page, 'In Which a Log Is Begun')
    await steps.writeHeadlines(page)
    await go(page, 'Voice')
    await page.getByRole('button', { name: 'Go back to “Work”' }).click()
    await page.getByText('Writing in “Work”').waitFor()
    await page.locator('summary', { hasText: 'Which voice was on when' }).click()
    const history = page.locator('details', { hasText: 'Which voice was on when' })
    await expect.poll(() => textOf(history)).toMatch(/“Work”.*“Both”.*“Work”/)
    // The mix is changed, and no voice at all is on.
    await page.getByRole('button', { name: 'Open: Both' }).click()
    await page.getByRole('button', { name: 'Change the mix' }).click()
    const changing = page.getByRole('dialog', { name: 'Change the mix' })
    await changing.getByRole('slider', { name: 'Weight of Work' }).press('ArrowRight')
    await changing.getByRole('button', { name: 'Save' }).click()
    await changing.waitFor({ state: 'hidden' })
    const weights = page.getByTestId('voice-page').getByRole('listitem')
    await expect.poll(async () => textOf(weights.filter({ hasText: 'Work' }))).not.toContain('0.50')
    await expect.poll(() => textOf(weights.filter({ hasText: 'Fiction' }))).toContain('0.50')
    await page.keyboard.press('Control+k')
    await page.getByTestId('palette').getByRole('combobox').waitFor()
    await page.keyboard.type('without a voice')
    await page.getByRole('option', { name: 'Write without a voice', selected: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('No voice is on').first().waitFor()
    await use('Work')
  })

  it('draws a profile from the pieces, and keeps the owner’s own words', async () => {
    const { page } = app
    const card = page.getByRole('region', { name: 'Your profile' })
    await card.getByRole('button', { name: 'Count it from my pieces' }).click()
    await card.getByText('Counted from your pieces.').waitFor()
    const text = card.getByRole('textbox', { name: 'What the model is told of you' })
    expect(await text.inputValue()).not.toBe('')
    await text.fill('Writes of fog, in short sentences.')
    await card.getByRole('button', { name: 'Save' }).click()
    await card.getByText('In your own words.').waitFor()
    await card.getByRole('button', { name: 'Count it from my pieces' }).click()
    const asked = page.getByRole('dialog', { name: 'Replace your own words?' })
    await asked.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => text.inputValue()).toBe('Writes of fog, in short sentences.')
    expect(await barriers(page)).toEqual([])
  })

  it('keeps a strength, a name and an export; says which mix goes with a removed voice', async () => {
    const { page } = app
    await page.getByRole('button', { name: 'Open: Work' }).click()
    const slider = page.getByTestId('voice-page').getByRole('slider', { name: 'Strength' })
    await slider.focus()
    await slider.press('ArrowLeft')
    await page.getByRole('button', { name: 'As in the settings' }).waitFor()
    await page.getByRole('button', { name: 'Rename: Work' }).click()
    const rename = page.getByRole('dialog', { name: 'Rename this voice' })
    await rename.getByLabel('New name').fill('Office')
    await rename.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Writing in “Office”').waitFor()
    await page.getByRole('button', { name: 'Export: Office' }).click()
    const exporting = page.getByRole('dialog', { name: 'Export “Office”' })
    await exporting.getByRole('textbox', { name: 'Path' }).fill(data)
    await exporting.getByRole('button', { name: 'Use this path' }).click()
    await exporting.getByRole('button', { name: 'Export', exact: true }).click()
    await exporting.getByText('Whoever uses it needs the base model').first().waitFor()
    await exporting.getByRole('status').waitFor()
    expect(existsSync(path.join(data, 'office.gguf'))).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Export: Office' }).click()
    await exporting.getByText('PEFT', { exact: true }).click()
    const change = exporting.getByRole('button', { name: 'Change' })
    if (!(await change.isVisible())) {
      await exporting.getByRole('textbox', { name: 'Path' }).fill(data)
      await exporting.getByRole('button', { name: 'Use this path' }).click()
    }
    await exporting.getByRole('button', { name: 'Export', exact: true }).click()
    await exporting.getByRole('status').waitFor()
    expect(readdirSync(path.join(data, 'office-peft')).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
    ])
    await page.keyboard.press('Escape')
    // What was exported comes in again, as a voice of its own.
    await page.getByRole('button', { name: 'Import a voice' }).click()
    const importing = page.getByRole('dialog', { name: 'Import a voice' })
    await importing.getByRole('textbox', { name: 'Path' }).fill(path.join(data, 'office.gguf'))
    await importing.getByRole('button', { name: 'Use this path' }).click()
    await importing.waitFor({ state: 'hidden' })
    await page
      .getByText(/^.*imported ·/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Remove: Fiction' }).click()
    const removing = page.getByRole('dialog', { name: 'Remove the voice “Fiction”?' })
    await removing.getByText('It is part of “Both”: this mix goes with it.').waitFor()
    await removing.getByRole('button', { name: 'Remove it' }).click()
    await page.getByRole('button', { name: 'Open: Fiction' }).waitFor({ state: 'detached' })
    expect(await page.getByRole('button', { name: 'Open: Both' }).count()).toBe(0)
  })

  it('trains a task adapter from another’s folder, and refuses the owner’s own pieces in words', async () => {
    const { page } = app
    const files = Array.from({ length: 14 }, (_, n): [string, string] => [
      `${n}.md`,
      post({ title: `Tide ${n} at the stair`, date: `2023-03-${String(n + 1).padStart(2, '0')}` }, prose(n, 90)),
    ])
    const folder = writeFiles(path.join(data, 'others'), Object.fromEntries(files))
    const adapters = page.getByTestId('task-adapters')
    await adapters.locator('summary').click()
    await adapters.getByRole('button', { name: 'Train a task adapter' }).click()
    const dialog = page.getByRole('dialog', { name: 'Train a task adapter' })
    await dialog.getByRole('button', { name: 'Train', exact: true }).click()
    await dialog
      .getByTestId('notice')
      .getByText(/stand in your library/)
      .waitFor()
    await dialog.getByRole('button', { name: 'Dismiss' }).first().click()
    await dialog.getByRole('textbox', { name: 'Path' }).fill(folder)
    await dialog.getByRole('button', { name: 'Use this path' }).click()
    await dialog.getByRole('textbox', { name: 'Author' }).fill('Ada Marsh')
    await dialog.getByLabel('Licence').fill('CC BY 4.0')
    await dialog.getByLabel('Name', { exact: true }).fill('Form')
    expect(await barriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Train', exact: true }).click()
    await adapters.getByText('14 pieces by Ada Marsh, CC BY 4.0').waitFor({ timeout: steps.TRAINING })
  })

  it('ran without an error on the console or a request to another machine', () => {
    // The browser itself logs the one call that was to be refused.
    expect(app.trouble.filter((line) => !/status of 422 .*task\.train/.test(line))).toEqual([])
  })
}
