/** What becomes of a draft: its rewrites, versions, writers and files; and what was typed when something went wrong. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/temporary.ts'
import { details, listed, paste, rewritten, saved, sheet, textIn, tinyData, whose } from './draft-page.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, textOf } from './page.ts'

/** Short enough for one line of the page. */
const FIRST = 'The ice went out of the harbour on a Tuesday.'
const SECOND =
  'The gulls had it to themselves until Friday, when the first of the boats came back from the yard. Nobody had painted them, and nobody had asked why they smelt of tar and paint all the same.'
const MEGABYTES = `${'Eleven words that stand in for a very long old book. '.repeat(5)}\n\n`.repeat(20_000)

const card = (page: Page): Locator => page.getByRole('group', { name: 'The rewrite' })

async function selectFirstLine(page: Page): Promise<Locator> {
  await sheet(page).press('Control+Home')
  await page.keyboard.press('Shift+End')
  const bar = page.getByRole('toolbar', { name: 'The selected words' })
  await bar.waitFor()
  return bar
}

async function exported(page: Page, format: string, folder: string): Promise<void> {
  await (await details(page)).getByRole('button', { name: 'Export…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export this draft' })
  await dialog.getByText(format, { exact: true }).click()
  const where = dialog.getByRole('textbox', { name: 'Path' })
  if (await where.isVisible()) {
    await where.fill(folder)
    await dialog.getByRole('button', { name: 'Use this path' }).click()
  }
  await dialog.getByRole('button', { name: 'Export' }).click()
  await dialog.getByText(/^Written to/).waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
}

async function broughtIn(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.getByRole('button', { name: 'All drafts' }).click()
  await page.getByRole('button', { name: 'Open a file' }).click()
  const files = page.getByRole('dialog', { name: 'Open a file' }).locator('input[type=file]')
  await files.setInputFiles({ name, mimeType: 'application/octet-stream', buffer })
  await sheet(page).waitFor()
}

/** The tests of one window, each on what the one before it left; after a failure the rest is skipped. */
export function keptDrafts(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp

  beforeAll(async () => {
    await tinyData(data)
    app = await open(data)
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-draft-kept-failed`)

  it('begins with two paragraphs', async () => {
    const { page } = app
    await go(page, 'Draft')
    await page.getByRole('button', { name: 'New draft' }).click()
    await sheet(page).waitFor()
    await page.keyboard.type(`${FIRST}\n\n${SECOND}`)
    await page.getByRole('textbox', { name: 'Title' }).fill('Quay')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Who wrote what' }).click()
    await saved(page)
  })

  it('rewrites plainer or warmer, once more, and lets the answer be edited', async ({ skip }) => {
    const { page, address } = app
    skip(address === null, 'only a page’s calls can be answered in the model’s place')
    const before = await textIn(page)
    const { asked, answer, end } = await rewritten(page, 'The ice left on a Tuesday, and few spoke of it.')
    await (await selectFirstLine(page)).getByRole('button', { name: 'Plainer' }).click()
    await expect.poll(() => asked.length).toBe(1)
    answer()
    await card(page).getByRole('button', { name: 'Again' }).click()
    await expect.poll(() => asked.length).toBe(2)
    answer()
    await card(page).getByRole('button', { name: 'Discard' }).click()
    await card(page).waitFor({ state: 'detached' })
    await (await selectFirstLine(page)).getByRole('button', { name: 'Warmer' }).click()
    await expect.poll(() => asked.length).toBe(3)
    answer()
    await card(page).getByRole('button', { name: 'Take and edit' }).click()
    expect(asked.map(({ how, text }) => [how, text])).toEqual([
      ['plainer', FIRST],
      ['plainer', FIRST],
      ['warmer', FIRST],
    ])
    await page.locator('.cm-by-assistant').first().waitFor()
    // It stands there selected, to be written over.
    await page.keyboard.type('My own words.')
    await expect.poll(() => textIn(page)).toBe(`My own words.\n\n${SECOND}`)
    // In as many steps as it was typed.
    for (let i = 0; i < 20 && (await textIn(page)) !== before; i++) await page.keyboard.press('Control+z')
    expect(await textIn(page)).toBe(before)
    await end()
  })

  it('does not offer an answer that breaks off as a whole one', async ({ skip }) => {
    const { page, address } = app
    skip(address === null, 'only a page’s calls can be answered in the model’s place')
    const before = await textIn(page)
    const { asked, answer, end } = await rewritten(page, 'The ice left on a Tuesday, and few', true)
    await (await selectFirstLine(page)).getByRole('button', { name: 'Ask…' }).click()
    await page.getByRole('textbox', { name: 'What shall be done with it?' }).fill('Correct it')
    await page.keyboard.press('Enter')
    await expect.poll(() => asked.length).toBe(1)
    answer()
    await card(page).getByText('It breaks off: there was no room for more.').waitFor()
    await card(page).getByRole('button', { name: 'Take and edit' }).waitFor()
    expect(await card(page).getByRole('button', { name: 'Take', exact: true }).count()).toBe(0)
    expect(await barriers(page)).toEqual([])
    await card(page).getByRole('button', { name: 'Discard' }).click()
    await card(page).waitFor({ state: 'detached' })
    expect(await textIn(page)).toBe(before)
    await end()
  })

  it('lets its owner write on while a rewrite comes, and takes Escape from the text', async ({ skip }) => {
    const { page, address } = app
    skip(address === null, 'only a page’s calls can be answered in the model’s place')
    const panel = await details(page)
    await panel.getByText('Offer to go on after a pause').click()
    const { asked, answer, end } = await rewritten(page, 'Something else.')
    await (await selectFirstLine(page)).getByRole('button', { name: 'Shorter' }).click()
    await expect.poll(() => asked.length).toBe(1)
    await sheet(page).press('Control+End')
    await page.keyboard.type(' One')
    answer()
    await card(page).getByRole('button', { name: 'Take', exact: true }).waitFor()
    await page.keyboard.type(' more word')
    // Longer than the pause after which it would go on by itself: the rewrite still waits for its answer.
    await page.waitForTimeout(2500)
    await expect.poll(() => card(page).getByRole('button', { name: 'Take', exact: true }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await card(page).waitFor({ state: 'detached' })
    await page.keyboard.type('.')
    expect(await textIn(page)).toBe(`${FIRST}\n\n${SECOND} One more word.`)
    // What still comes is stopped from there too.
    await (await selectFirstLine(page)).getByRole('button', { name: 'Shorter' }).click()
    await expect.poll(() => asked.length).toBe(2)
    await sheet(page).press('Control+End')
    await page.keyboard.press('Escape')
    await card(page).waitFor({ state: 'detached' })
    answer()
    await panel.getByText('Offer to go on after a pause').click()
    await end()
  })

  it('gives words to whoever wrote them', async () => {
    const { page } = app
    const panel = await details(page)
    await selectFirstLine(page)
    await panel.getByRole('button', { name: 'Mark as quoted' }).click()
    await expect.poll(async () => (await whose(page)).quoted).toBe(10)
    await panel.getByRole('button', { name: 'Mark as mine' }).click()
    await expect.poll(async () => (await whose(page)).quoted).toBe(0)
    // A few words from elsewhere are the owner's, once the host has said that the assistant did not write them.
    await sheet(page).press('Control+End')
    const { yours } = await whose(page)
    await paste(page, ' three small words')
    await expect.poll(() => whose(page)).toEqual({ yours: yours + 3, assistants: 0, quoted: 0 })
    await page.keyboard.press('Control+z')
  })

  it('goes back to a version, which is a step that can be undone', async () => {
    const { page } = app
    await saved(page)
    const before = await textIn(page)
    await sheet(page).press('Control+a')
    await page.keyboard.type('Nothing is left.')
    await saved(page)
    await (await details(page)).getByRole('button', { name: 'Versions…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Earlier versions' })
    await dialog.getByRole('list', { name: 'Versions' }).getByRole('button').first().click()
    await dialog.getByText(SECOND).waitFor()
    // A selection that is dragged out of a dialog does not close it; a click beside it does.
    const box = await dialog.boundingBox()
    if (!box) throw new Error('the dialog is not shown')
    await page.mouse.move(box.x + 40, box.y + 90)
    await page.mouse.down()
    await page.mouse.move(box.x - 60, box.y + 90, { steps: 4 })
    await page.mouse.up()
    expect(await dialog.isVisible()).toBe(true)
    await page.mouse.click(box.x - 60, box.y + 90)
    await dialog.waitFor({ state: 'hidden' })
    await (await details(page)).getByRole('button', { name: 'Versions…' }).click()
    await dialog.getByRole('list', { name: 'Versions' }).getByRole('button').first().click()
    await dialog.getByRole('button', { name: 'Go back to this' }).click()
    await expect.poll(() => textIn(page)).toBe(before)
    await page.keyboard.press('Control+z')
    await expect.poll(() => textIn(page)).toBe('Nothing is left.')
    await page.keyboard.press('Control+y')
    await expect.poll(() => textIn(page)).toBe(before)
    await saved(page)
  })

  it('writes HTML and Word, and reads Markdown and Word', async () => {
    const { page } = app
    await exported(page, 'HTML', data)
    expect(readFileSync(path.join(data, 'quay.html'), 'utf8')).toContain(FIRST)
    await exported(page, 'Word', data)
    await broughtIn(page, 'quay.docx', readFileSync(path.join(data, 'quay.docx')))
    await expect.poll(() => textIn(page)).toContain(FIRST)
    expect(await textIn(page)).toContain(SECOND)
    await broughtIn(page, 'notes.md', Buffer.from('---\ntitle: Notes\n---\n\nFrom *elsewhere*, in Markdown.\n'))
    await expect.poll(() => textIn(page)).toContain('From *elsewhere*, in Markdown.')
    await expect.poll(() => page.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Notes')
  })

  it('writes to the linked file, asks before it writes over what it did not write, and unlinks', async () => {
    const { page } = app
    const file = path.join(data, 'notes.md')
    await (await details(page)).getByRole('button', { name: 'Export…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Export this draft' })
    await dialog.getByText('Markdown', { exact: true }).click()
    const where = dialog.getByRole('textbox', { name: 'Path' })
    if (await where.isVisible()) {
      await where.fill(data)
      await dialog.getByRole('button', { name: 'Use this path' }).click()
    }
    await dialog.getByText(/^Keep it linked/).click()
    await dialog.getByRole('button', { name: 'Export' }).click()
    await dialog.getByText(/^Written to/).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    const panel = await details(page)
    await panel.getByText('Linked to notes.md').waitFor()
    await sheet(page).press('Control+End')
    await page.keyboard.type('One line more.')
    await panel.getByRole('button', { name: 'Write to the file' }).click()
    await panel.getByText('Written.').waitFor()
    expect(readFileSync(file, 'utf8')).toContain('One line more.')

    writeFileSync(file, 'Somebody else’s.\n')
    await page.getByText('notes.md was changed on disk by another program.').waitFor()
    await page.getByRole('button', { name: 'Keep this draft' }).click()
    await panel.getByRole('button', { name: 'Write to the file' }).click()
    await panel.getByText('notes.md was not written').waitFor()
    expect(await barriers(page)).toEqual([])
    expect(readFileSync(file, 'utf8')).toBe('Somebody else’s.\n')
    await panel.getByRole('button', { name: 'Write over it' }).click()
    await panel.getByText('Written.').waitFor()
    expect(readFileSync(file, 'utf8')).toContain('One line more.')
    await panel.getByRole('button', { name: 'Unlink' }).click()
    await panel.getByText('Linked to notes.md').waitFor({ state: 'detached' })
    // The browser itself logs the write that was refused.
    const refused = app.trouble.filter((line) => line.includes('draft.export') && line.includes('422'))
    expect(refused.length).toBeLessThanOrEqual(1)
    app.trouble.splice(0, app.trouble.length, ...app.trouble.filter((line) => !refused.includes(line)))
  })

  it('has the last words that were typed when the window goes', async () => {
    const { page } = app
    await sheet(page).press('Control+End')
    await page.keyboard.type(' And the very last words')
    await page.reload()
    await expect.poll(() => textIn(page)).toContain('And the very last words')
    await saved(page)
    await page.getByRole('button', { name: 'All drafts' }).click()
    await listed(page, 'Notes').waitFor()
    expect(await page.getByText('has words that could not be saved').count()).toBe(0)
  })

  it('takes in five megabytes, and loses nothing', async () => {
    const { page } = app
    await page.getByRole('button', { name: 'New draft' }).click()
    await sheet(page).waitFor()
    await paste(page, MEGABYTES)
    const count = (): Promise<string> => textOf(page.getByTestId('words'))
    await expect.poll(count, { timeout: 60_000 }).toBe('1,100,000 words')
    await page.getByText('Pasted from elsewhere.').waitFor()
    await page.keyboard.type('An end.')
    await expect.poll(() => textOf(page.getByTestId('saved')), { timeout: 60_000 }).toBe('Saved')
    await page.reload()
    await sheet(page).waitFor()
    await expect.poll(count, { timeout: 60_000 }).toBe('1,100,002 words')
    expect((await whose(page)).yours).toBe(2)
  })

  it('had no trouble on the way', () => {
    expect(app.trouble).toEqual([])
  })
}
