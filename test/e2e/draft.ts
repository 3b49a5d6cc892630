/** Draft as a writer uses it, on a tiny model whose words are nonsense. Written once for every window. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/temporary.ts'
import {
  BEGINNING,
  continued,
  details,
  ghost,
  listed,
  neverEnding,
  paste,
  saved,
  sheet,
  stopWriting,
  textIn,
  tinyData,
  whose,
} from './draft-page.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

/** The tests of one window, each on what the one before it left; after a failure the rest is skipped. */
export function draftSpace(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp

  beforeAll(async () => {
    await tinyData(data)
    app = await open(data)
    await go(app.page, 'Draft')
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-draft-failed`)

  it('begins a draft, saves it by itself and names it by its first line', async () => {
    const { page } = app
    await page.getByText('The page is empty').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'New draft' }).click()
    await sheet(page).waitFor()
    await page.keyboard.type(BEGINNING.slice(0, -1))
    await saved(page)
    await expect.poll(() => textOf(page.getByTestId('words'))).toBe('19 words')
    const title = page.getByRole('textbox', { name: 'Title' })
    await expect.poll(() => title.inputValue()).toContain('The ice went out')
    await page.keyboard.type(BEGINNING.slice(-1))
    await title.fill('Harbour')
    // The last letter is saved while the title is being typed.
    await saved(page)
    expect(await title.inputValue()).toBe('Harbour')
    await page.keyboard.press('Enter')
    await saved(page)
    expect(await barriers(page)).toEqual([])
  })

  it('goes on at the cursor: a word, all or none of it, marked as the assistant’s', async () => {
    const { page } = app
    await page.getByRole('button', { name: 'Who wrote what' }).click()
    expect(await whose(page)).toEqual({ yours: 19, assistants: 0, quoted: 0 })
    await page.keyboard.press('Control+End')
    await sheet(page).focus()
    await continued(page)
    expect(await textIn(page)).toBe(BEGINNING)
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(() => ghost(page).count()).toBe(0)
    await continued(page)
    await page.keyboard.press('Control+ArrowRight')
    const word = await textIn(page)
    expect(word.startsWith(BEGINNING)).toBe(true)
    expect(word.length).toBeGreaterThan(BEGINNING.length)
    // It may have been of a single word.
    if ((await ghost(page).count()) === 0) await continued(page)
    await page.keyboard.press('Tab')
    await expect.poll(() => ghost(page).count()).toBe(0)
    expect((await textIn(page)).length).toBeGreaterThan(word.length)
    await page.locator('.cm-by-assistant').first().waitFor()
    await picture(page, `${prefix}-draft`)
    // Undone and done again, the words stay the assistant's.
    const taken = await textIn(page)
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+y')
    expect(await textIn(page)).toBe(taken)
    await page.locator('.cm-by-assistant').first().waitFor()
  })

  it('stops what streams', async () => {
    const { page } = app
    await page.keyboard.press('Control+Enter')
    await stopWriting(page)
    await sheet(page).press('Escape')
    await expect.poll(() => ghost(page).count()).toBe(0)
  })

  it('asks whose a pasted text is', async () => {
    const { page } = app
    await sheet(page).press('Control+End')
    await page.keyboard.type('\n\n')
    await paste(page, 'one two three four five six seven eight nine ten eleven twelve thirteen')
    await page.getByText('Pasted from elsewhere.').waitFor()
    await expect.poll(async () => (await whose(page)).quoted).toBe(13)
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'I wrote it' }).click()
    await expect.poll(async () => (await whose(page)).quoted).toBe(0)
  })

  it('keeps text, writers and undo over a new start of the window', async () => {
    const { page } = app
    await saved(page)
    const before = await textIn(page)
    await page.reload()
    // It comes back to the draft at which it was left, and shows as before who wrote what.
    await sheet(page).waitFor()
    expect(await textIn(page)).toBe(before)
    await page.locator('.cm-by-assistant').first().waitFor()
    for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z')
    expect(await textIn(page)).not.toContain('thirteen')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Control+y')
    expect(await textIn(page)).toBe(before)
  })

  it('rewrites what is selected, stops in the middle, and lets it be', async ({ skip }) => {
    const { page, address } = app
    skip(address === null, 'only a page’s calls can be held back')
    // A tiny model may come to an end in a moment: the window is to hear of it only when it has been stopped.
    const letEnd = await neverEnding(page)
    await sheet(page).press('Control+Home')
    await page.keyboard.press('Shift+End')
    const bar = page.getByRole('toolbar', { name: 'The selected words' })
    await bar.waitFor()
    expect(await barriers(page)).toEqual([])
    const before = await textIn(page)
    await bar.getByRole('button', { name: 'Ask…' }).click()
    await page.getByRole('textbox', { name: 'What shall be done with it?' }).fill('Make it a question')
    await page.keyboard.press('Enter')
    const card = page.getByRole('group', { name: 'The rewrite' })
    await card.waitFor()
    const text = card.locator('.text')
    await expect.poll(() => textOf(text), { timeout: 120_000 }).not.toMatch(/^(Rewriting…)?$/)
    await card.getByRole('button', { name: 'Stop' }).click()
    const take = card.getByRole('button', { name: 'Take', exact: true })
    await take.waitFor()
    await letEnd()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-draft-rewrite`)
    await take.click()
    expect(await textIn(page)).not.toBe(before)
    await page.keyboard.press('Control+z')
    await card.waitFor({ state: 'detached' })
    expect(await textIn(page)).toBe(before)
  })

  it('finds and replaces, and leaves one paragraph alone', async () => {
    const { page } = app
    await sheet(page).press('Control+f')
    await page.getByRole('textbox', { name: 'Find' }).fill('thirteen')
    await page.getByRole('textbox', { name: 'Replace' }).fill('umpteen')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'replace all' }).click()
    await page.keyboard.press('Escape')
    expect(await textIn(page)).toContain('twelve umpteen')
    await page.getByRole('button', { name: 'Focus', exact: true }).click()
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor({ state: 'hidden' })
    await page.locator('.cm-far').first().waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'End focus' }).click()
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
  })

  it('fills an outline point by point', async () => {
    const { page } = app
    await sheet(page).press('Control+End')
    await page.keyboard.type('\n\n- the quay\nthe boats')
    await page.getByRole('button', { name: 'Fill this outline' }).click()
    await expect.poll(async () => (await ghost(page).first().textContent())?.trim() ?? '').not.toBe('')
    const before = await textIn(page)
    await stopWriting(page)
    await sheet(page).press('Tab')
    expect((await textIn(page)).length).toBeGreaterThan(before.length)
    expect(await textIn(page)).toContain('- the boats')
    await saved(page)
  })

  it('shows earlier versions and what may be learnt', async () => {
    const { page } = app
    const panel = await details(page)
    await panel.getByText('Learn from this draft').click()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-draft-details`)
    await panel.getByRole('button', { name: 'Versions…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Earlier versions' })
    await dialog.waitFor()
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('Escape')
  })

  it('exports, keeps the file linked, and never writes over what another program wrote', async () => {
    const { page } = app
    const panel = await details(page)
    await panel.getByRole('button', { name: 'Export…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Export this draft' })
    await dialog.getByRole('textbox', { name: 'Path' }).fill(data)
    await dialog.getByRole('button', { name: 'Use this path' }).click()
    await dialog.getByText(/^Keep it linked/).click()
    expect(await barriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Export' }).click()
    await dialog.getByText(/^Written to/).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    const file = path.join(data, 'harbour.md')
    expect(readFileSync(file, 'utf8')).toContain(BEGINNING)
    await panel.getByText('Linked to harbour.md').waitFor()

    writeFileSync(file, `${readFileSync(file, 'utf8')}\nA line from elsewhere.\n`)
    await page.getByText('harbour.md was changed on disk by another program.').waitFor()
    await page.getByRole('button', { name: 'Compare' }).click()
    const compared = page.getByRole('dialog', { name: 'harbour.md was changed' })
    await compared.getByText('A line from elsewhere.').waitFor()
    expect(await barriers(page)).toEqual([])
    await compared.getByRole('button', { name: 'Take the file’s text' }).click()
    await expect.poll(() => textIn(page)).toContain('A line from elsewhere.')
    await page.getByText('harbour.md was changed on disk').waitFor({ state: 'detached' })
  })

  it('brings a file in, hands a text on, and removes a draft that can be brought back', async () => {
    const { page } = app
    await page.getByRole('button', { name: 'All drafts' }).click()
    await page.getByRole('button', { name: 'Open a file' }).click()
    const dialog = page.getByRole('dialog', { name: 'Open a file' })
    expect(await barriers(page)).toEqual([])
    const brought = {
      name: 'other.html',
      mimeType: 'text/html',
      buffer: Buffer.from('<h1>Other</h1><p>From <em>elsewhere</em>.</p>'),
    }
    await dialog.locator('input[type=file]').setInputFiles(brought)
    await expect.poll(() => textIn(page)).toContain('From *elsewhere*.')
    await (await details(page)).getByRole('button', { name: 'Headline this' }).click()
    await page.getByRole('heading', { level: 1, name: 'Headlines' }).waitFor()
    await expect.poll(() => page.getByLabel('The piece').inputValue()).toContain('From *elsewhere*.')
    await go(page, 'Draft')
    await (await details(page)).getByRole('button', { name: 'Tag this' }).click()
    await page.getByRole('heading', { level: 1, name: 'Tags' }).waitFor()
    await expect
      .poll(() =>
        page.getByRole('textbox').evaluateAll((boxes) => boxes.map((box) => (box as HTMLTextAreaElement).value).join()),
      )
      .toContain('From *elsewhere*.')
    await go(page, 'Draft')
    await page.getByRole('button', { name: 'All drafts' }).click()
    await page.getByRole('searchbox', { name: 'Search drafts' }).fill('harbour')
    await expect.poll(() => page.getByRole('list', { name: 'Your drafts' }).getByRole('listitem').count()).toBe(1)
    await page.getByRole('button', { name: 'Remove Harbour' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await page.getByText('“Harbour” is removed.').waitFor()
    await page.getByRole('button', { name: 'Bring it back' }).click()
    await listed(page, 'Harbour').waitFor()
    expect(existsSync(path.join(data, 'harbour.md'))).toBe(true)
  })

  it('shows both texts when another window wrote the same draft', async ({ skip }) => {
    const { page, address } = app
    skip(address === null, 'this window is the only one')
    await listed(page, 'Harbour').click()
    await sheet(page).waitFor()
    const other = await page.context().newPage()
    await other.goto(address ?? '')
    // It opens where the other is.
    await sheet(other).waitFor()
    // The first window hears nothing of the second one's saving, and writes on.
    await page.route('**/api/call/draft.save', (route) => route.abort())
    await sheet(page).press('Control+Home')
    await page.keyboard.type('Mine. ')
    await expect.poll(() => textOf(page.getByTestId('saved'))).toBe('Not saved yet')
    await sheet(other).press('Control+Home')
    await other.keyboard.type('Theirs. ')
    await saved(other)
    await page.unroute('**/api/call/draft.save')
    const dialog = page.getByRole('dialog', { name: 'This draft was written in another window too' })
    await dialog.getByText('Theirs.').waitFor()
    await page.bringToFront()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-draft-conflict`)
    // Put off, and written on: nothing of it is lost, neither here nor when the draft is left.
    await page.keyboard.press('Escape')
    await page.getByText('Not saved: this draft was written in another window too.').waitFor()
    await sheet(page).press('Control+Home')
    await page.keyboard.type('Later. ')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'All drafts' }).click()
    await page.getByText('“Harbour” has words that could not be saved yet.').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Open and save' }).click()
    await dialog.getByText('Later. Mine.').waitFor()
    await dialog.getByRole('button', { name: 'Keep this window’s' }).click()
    await saved(page)
    await expect.poll(() => textIn(other)).toContain('Later. Mine. ')
    await other.close()
    expect(await page.getByText('has words that could not be saved').count()).toBe(0)
    // The browser itself logs the calls that were cut off here, and the one that was refused.
    const expected = app.trouble.filter((line) => /draft\.save/.test(line) && /ERR_FAILED|422/.test(line))
    expect(expected.some((line) => line.includes('422'))).toBe(true)
    app.trouble.splice(0, app.trouble.length, ...app.trouble.filter((line) => !expected.includes(line)))
  })

  it('had no trouble on the way', () => {
    expect(app.trouble).toEqual([])
  })
}
