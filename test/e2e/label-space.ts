/**
 * What the spaces Tags and Ratings have in common, on a tiny model with random weights: what it suggests is nonsense, what
 * becomes of it is not.
 */
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toDocx } from '../../main/drafts/to-docx.ts'
import type { LabelTask } from '../../preload/contract.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli } from './host.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, pasteMegabytes, textOf } from './page.ts'

export const PIECES = 8
/** For what is done while suggestions are made: the fewest that leave the time for it. */
export const LONG = 120
/** Milliseconds in which a handful of suggestions are made on a machine that is busy with other things. */
export const MAKING = 60_000

/**
 * Half of the pieces have tags; none has a score.
 * @param more tagged pieces in a folder of their own, long enough that suggestions for them take a while
 * @returns the folder of the pieces
 */
export async function seedLabels(data: string, more = 0): Promise<string> {
  const model = path.join(data, 'tiny.gguf')
  const files = Array.from({ length: PIECES }, (_, n): [string, string] => {
    const tags: Record<string, string> = n % 2 === 0 ? { tags: `[${['sea', 'order', 'clocks'][n % 3]}]` } : {}
    const date = `2024-03-${String(10 + n)}`
    return [`log-${n}.md`, post({ title: `Log ${n} of the quay`, date, ...tags }, prose(n, 90))]
  })
  for (let n = 0; n < more; n++) {
    const matter = { title: `Long log ${n}`, date: `2023-0${1 + (n % 9)}-01`, tags: '[sea]' }
    files.push([path.join('long', `${n}.md`), post(matter, prose(100 + n, 700))])
  }
  const folder = writeFiles(path.join(data, 'writing'), Object.fromEntries(files))
  writeTinyModel(model, { blocks: 2, width: 64, ff: 128, vocabulary: 512, context: 1024, seed: 3 })
  // The pieces first: without a model, their vectors are left for the window.
  for (const args of [
    ['import', folder],
    ['models', 'add', model],
  ]) {
    const { code, stderr } = await runCli(data, args, { IDIOLECT_MODELS: path.join(data, 'models') })
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  }
  return folder
}

export const table = (page: Page) => page.getByRole('grid', { name: 'Suggestions' })
export const row = (page: Page, title: string) => table(page).getByRole('row').filter({ hasText: title })
export const current = (page: Page) => table(page).locator('[role="row"][aria-selected="true"]')
export const counts = (page: Page) => textOf(page.getByTestId('label-counts'))

/** Until nothing waits any more. */
export async function allMade(page: Page, rows: number): Promise<void> {
  await expect.poll(() => counts(page), { timeout: MAKING }).toContain(`${rows} to decide`)
  await page.getByTestId('queue').waitFor({ state: 'detached' })
}

/** The frame of both spaces' tests: a library of its own, and what failed in a picture. */
export function inSpace(open: OpenApp, prefix: string, more = 0): { app: () => OpenedApp; writing: () => string } {
  const data = temporaryFolder()
  let app: OpenedApp
  let writing = ''
  beforeAll(async () => {
    writing = await seedLabels(data, more)
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'models') })
    await app.page.getByRole('navigation', { name: 'Spaces' }).waitFor()
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-failed`)
  return { app: () => app, writing: () => writing }
}

export function oneText(app: () => OpenedApp, task: LabelTask): void {
  it('answers for one pasted text, and remembers what is picked', async () => {
    const { page } = app()
    await page.getByText('One text', { exact: true }).click()
    await page.getByRole('textbox', { name: 'The piece' }).fill(prose(99, 60))
    await page.getByRole('button', { name: task === 'tag' ? 'Suggest tags' : 'Suggest a score' }).click()
    const answer = page.getByTestId('label-answer')
    const offers = answer.locator('button.offer')
    await offers.first().waitFor()
    await expect.poll(() => offers.count()).toBe(task === 'tag' ? 4 : 5)
    const remembered = answer.getByText('Remembered, and learned from at the next training.')
    await offers.first().click()
    await remembered.waitFor()
    expect(await offers.first().getAttribute('aria-pressed')).toBe('true')
    expect(await barriers(page)).toEqual([])
    // What is kept of single texts is seen, goes on request, and comes back.
    const picks = page.getByTestId('label-picks')
    await picks.getByText('Picked for 1 text').press('Enter')
    await picks.getByRole('button', { name: /^Remove/ }).press('Enter')
    await picks.getByText('Picked for 0 texts').waitFor()
    await remembered.waitFor({ state: 'detached' })
    expect(await barriers(page)).toEqual([])
    await picks.getByRole('button', { name: 'Bring back' }).press('Enter')
    await picks.getByText('Picked for 1 text').waitFor()
    await remembered.waitFor()
    await offers.first().click()
    await remembered.waitFor({ state: 'detached' })
    expect(await offers.first().getAttribute('aria-pressed')).toBe('false')
    if (task === 'rate') return
    await answer.getByRole('combobox', { name: 'A tag of your own' }).fill('brass  lamps')
    await page.keyboard.press('Enter')
    await remembered.waitFor()
    const own = answer.locator('button.offer', { hasText: 'brass lamps' })
    expect(await own.getAttribute('aria-pressed')).toBe('true')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('checkbox', { name: 'Think up new ones too' }).check()
    await page.getByRole('button', { name: 'Suggest tags' }).click()
    await own.waitFor({ state: 'detached' })
    await offers.first().waitFor({ timeout: MAKING })
  })

  it('opens a file of any kind of writing, and is not brought down by a text that is no piece', async () => {
    const { page } = app()
    const box = page.getByRole('textbox', { name: 'The piece' })
    const said = 'The lamps of the quay were counted twice.'
    const buffer = Buffer.from(
      task === 'tag' ? await toDocx(`# Counted\n\n${said}`, 'Counted') : `<h1>Counted</h1><p>${said}</p>`,
    )
    const name = task === 'tag' ? 'counted.docx' : 'counted.html'
    await page.locator('input[type="file"]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer })
    await expect.poll(() => box.inputValue()).toContain(said)
    expect(await box.inputValue()).not.toContain('<p>')
    await pasteMegabytes(box)
    const notice = page.getByTestId('notice').filter({ hasText: '2,000,000' })
    await notice.waitFor()
    await expect.poll(() => box.inputValue()).toContain(said)
    await notice.getByRole('button', { name: 'Dismiss' }).click()
  })

  it('had no trouble', () => {
    expect(app().trouble).toEqual([])
  })
}
