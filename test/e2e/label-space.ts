/**
 * The spaces Tags and Ratings as a writer works in them, on a tiny model with random weights: what it suggests is
 * nonsense, what becomes of it is not. Written once for every window.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { LabelTask } from '../../preload/contract.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli } from './host.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

const PIECES = 8
/** Milliseconds in which a handful of suggestions are made on a machine that is busy with other things. */
const MAKING = 60_000

/** Half of the pieces have tags; none has a score. @returns the folder of the pieces */
export async function seedLabels(data: string): Promise<string> {
  const model = path.join(data, 'tiny.gguf')
  const files = Array.from({ length: PIECES }, (_, n): [string, string] => {
    const tags: Record<string, string> = n % 2 === 0 ? { tags: `[${['sea', 'order', 'clocks'][n % 3]}]` } : {}
    const date = `2024-03-${String(10 + n)}`
    return [`log-${n}.md`, post({ title: `Log ${n} of the quay`, date, ...tags }, prose(n, 90))]
  })
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

const table = (page: Page) => page.getByRole('grid', { name: 'Suggestions' })
const row = (page: Page, title: string) => table(page).getByRole('row').filter({ hasText: title })
const current = (page: Page) => table(page).locator('[role="row"][aria-selected="true"]')
const counts = (page: Page) => textOf(page.getByTestId('label-counts'))

/** Until nothing waits any more. */
async function allMade(page: Page, rows: number): Promise<void> {
  await expect.poll(() => counts(page), { timeout: MAKING }).toContain(`${rows} to decide`)
  await page.getByTestId('queue').waitFor({ state: 'detached' })
}

/** The frame of both spaces' tests: a library of its own, and what failed in a picture. */
function inSpace(open: OpenApp, prefix: string): { app: () => OpenedApp; writing: () => string } {
  const data = temporaryFolder()
  let app: OpenedApp
  let writing = ''
  let failed = false
  beforeAll(async () => {
    writing = await seedLabels(data)
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'models') })
    await app.page.getByRole('navigation', { name: 'Spaces' }).waitFor()
  })
  afterAll(async () => {
    await app?.close()
  })
  beforeEach(({ skip, onTestFailed }) => {
    skip(failed, 'an earlier step failed')
    onTestFailed(async () => {
      failed = true
      await picture(app.page, `${prefix}-failed`)
    })
  })
  return { app: () => app, writing: () => writing }
}

function oneText(app: () => OpenedApp, task: LabelTask): void {
  it('answers for one pasted text, and remembers what is picked', async () => {
    const { page } = app()
    await page.getByText('One text', { exact: true }).click()
    await page.getByRole('textbox', { name: 'The piece' }).fill(prose(99, 60))
    await page.getByRole('button', { name: task === 'tag' ? 'Suggest tags' : 'Suggest a score' }).click()
    const answer = page.getByTestId('label-answer')
    const offers = answer.locator('button.offer')
    await offers.first().waitFor()
    expect(await offers.count()).toBe(task === 'tag' ? 4 : 5)
    await offers.first().click()
    await answer.getByText('Remembered, and learnt from at the next training.').waitFor()
    expect(await offers.first().getAttribute('aria-pressed')).toBe('true')
    expect(await barriers(page)).toEqual([])
  })

  it('had no trouble', () => {
    expect(app().trouble).toEqual([])
  })
}

export function tagSpace(open: OpenApp, prefix: string): void {
  const { app, writing } = inSpace(open, prefix)

  it('says how many pieces there are and how long it takes, before it is asked', async () => {
    const { page } = app()
    await go(page, 'Tags')
    await page.getByText(/^4 pieces, /).waitFor()
    await page.getByLabel('Which pieces').selectOption('All pieces')
    await page.getByText(/^8 pieces, /).waitFor()
    await page.getByLabel('Only those that say').fill('nobody says this')
    await page.getByText('No such piece.').waitFor()
    await page.getByLabel('Only those that say').fill('')
    await page.getByLabel('Which pieces').selectOption('Untagged pieces')
    await page.getByText(/^4 pieces, /).waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('suggests own tags, and is worked by keys', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Suggest tags' }).click()
    await allMade(page, 4)
    await table(page).focus()
    expect(await textOf(current(page))).toContain('Log 7')
    const chips = current(page).locator('button.tag')
    expect(await chips.count()).toBe(3)
    await page.keyboard.press('j')
    await expect.poll(() => textOf(current(page))).toContain('Log 5')
    await page.keyboard.press('k')
    await expect.poll(() => textOf(current(page))).toContain('Log 7')
    const third = await chips.nth(2).getAttribute('aria-pressed')
    await page.keyboard.press('3')
    await expect.poll(() => chips.nth(2).getAttribute('aria-pressed')).toBe(third === 'true' ? 'false' : 'true')
    await page.keyboard.press('n')
    await page.getByRole('combobox', { name: 'A tag of your own' }).fill('brass')
    await page.keyboard.press('Enter')
    await current(page).getByRole('button', { name: 'brass', exact: false }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => counts(page)).toBe('3 to decide, 1 accepted, 0 skipped')
    expect(await textOf(row(page, 'Log 7'))).toContain('accepted')
    expect(await textOf(current(page))).toContain('Log 5')
    await page.keyboard.press('x')
    await expect.poll(() => counts(page)).toBe('2 to decide, 1 accepted, 1 skipped')
    await page.keyboard.press('u')
    await expect.poll(() => counts(page)).toBe('3 to decide, 1 accepted, 0 skipped')
    await page.keyboard.press('o')
    const side = page.getByRole('complementary', { name: 'The piece' })
    await side.getByRole('heading', { name: 'Log 5 of the quay' }).waitFor()
    await page.getByText('Percentages', { exact: true }).click()
    expect(await textOf(row(page, 'Log 5'))).toMatch(/\d%/)
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-table`)
    await table(page).focus()
    await page.keyboard.press('Escape')
    await side.waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys of the table' })
    await keys.waitFor()
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })
  })

  it('accepts what is certain at once, with a count before, and takes it back at once', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Accept the certain ones…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Accept what is certain' })
    const level = dialog.getByRole('slider', { name: 'At least this likely' })
    await level.fill('0.1')
    await dialog.getByText(/^\d+ tags on 3 pieces would be accepted\.$/).waitFor()
    expect(await barriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Accept them' }).click()
    await expect.poll(() => counts(page)).toBe('0 to decide, 4 accepted, 0 skipped')
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(() => counts(page)).toBe('3 to decide, 1 accepted, 0 skipped')
  })

  it('writes into a file only what the diff shows, keeps the original, and puts it back', async () => {
    const { page } = app()
    const file = path.join(writing(), 'log-7.md')
    const before = readFileSync(file, 'utf8')
    await page.getByRole('button', { name: 'Write into files…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Write into the files' })
    await dialog.getByText(/^\+ tags: \[.*brass\]/).waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-diff`)
    expect(readFileSync(file, 'utf8')).toBe(before)
    await dialog.getByRole('button', { name: 'Write 1 file' }).click()
    await dialog.getByText('1 file written.').waitFor()
    const after = readFileSync(file, 'utf8')
    expect(after.replace(/^tags: .*\n/m, '')).toBe(before)
    expect(after).toMatch(/^tags: \[.*brass\]$/m)
    const originals = path.join(path.dirname(writing()), 'originals')
    expect(existsSync(originals) && readdirSync(originals)).toHaveLength(1)
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: 'Originals…' }).click()
    await page.getByRole('button', { name: 'Put back' }).click()
    await expect.poll(() => readFileSync(file, 'utf8')).toBe(before)
    await page.keyboard.press('Escape')
  })

  oneText(app, 'tag')
}

export function ratingSpace(open: OpenApp, prefix: string): void {
  const { app } = inSpace(open, prefix)

  it('explains a library without scores, and lets its owner give the first', async () => {
    const { page } = app()
    await go(page, 'Ratings')
    await page.getByText('None of your pieces has a score yet').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Rate a dozen pieces' }).click()
    const first = page.getByTestId('label-first')
    await first.getByText('1 of 8').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('4')
    await first.getByText('2 of 8').waitFor()
    await first.getByRole('button', { name: 'Give 2' }).click()
    await first.getByText('3 of 8').waitFor()
    await page.keyboard.press('x')
    await first.getByText('4 of 8').waitFor()
    await page.keyboard.press('5')
    await first.getByText('5 of 8').waitFor()
    await first.getByRole('button', { name: 'To the suggestions' }).click()
    await page.getByText(/^5 pieces, /).waitFor()
  })

  it('suggests distributions; keys give one’s own score', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Suggest scores' }).click()
    await allMade(page, 5)
    await table(page).focus()
    const bars = current(page).getByRole('group', { name: 'Likelihood of each score' }).getByRole('button')
    expect(await bars.count()).toBe(5)
    expect(await textOf(current(page))).toMatch(/≈ [1-5]\.\d/)
    await page.keyboard.press('2')
    await expect.poll(() => counts(page)).toBe('4 to decide, 1 accepted, 0 skipped')
    await page.keyboard.press('Enter')
    await expect.poll(() => counts(page)).toBe('3 to decide, 2 accepted, 0 skipped')
    await page.keyboard.press('u')
    await expect.poll(() => counts(page)).toBe('4 to decide, 1 accepted, 0 skipped')
    await page.keyboard.press('o')
    const side = page.getByRole('complementary', { name: 'The piece' })
    await side.locator('summary', { hasText: 'From your writing' }).click()
    await side
      .getByRole('button', { name: /^Log \d/ })
      .first()
      .waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-table`)
  })

  it('lists where it disagrees with one’s own scores', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Close the piece' }).click()
    await page.getByText('Disagreements', { exact: true }).click()
    await page.getByRole('button', { name: 'Suggest for my rated pieces' }).click()
    await expect.poll(() => table(page).getByRole('row').count(), { timeout: MAKING }).toBe(3)
    const far = (
      await table(page)
        .getByText(/ apart$/)
        .allInnerTexts()
    ).map(Number.parseFloat)
    expect(far).toHaveLength(3)
    expect(far).toEqual([...far].sort((a, b) => b - a))
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-disagreements`)
  })

  oneText(app, 'rate')
}
