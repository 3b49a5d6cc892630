/** The library as a writer uses it: search, filter, read, exclude, folders, what was left out, the recall test. */
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli } from './host.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

const LONG_TITLE = 'Long '.repeat(100).trim()

/** The sample author's posts, with what may be odd in a folder of writing. @returns the folder */
function oddFolder(data: string): string {
  const folder = path.join(data, 'writing')
  cpSync(path.join(projectFolder(), 'resources', 'sample'), folder, { recursive: true })
  const odd = path.join(folder, 'odd')
  mkdirSync(odd)
  writeFileSync(path.join(odd, 'rtl.md'), '---\ntitle: שלום עולם\ntags: [🌊, עברית]\n---\n\nטקסט קצר מימין לשמאל.\n')
  writeFileSync(
    path.join(odd, 'long.md'),
    `---\ntitle: ${LONG_TITLE}\n---\n\nA piece with a title that does not end.\n`,
  )
  writeFileSync(
    path.join(odd, 'marked.md'),
    '# First\n\n## Second\n\nOne *barometer* and `code`.\n\n- a\n- b\n\n<script>alert(1)</script>\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
  )
  writeFileSync(path.join(odd, 'empty.md'), '')
  writeFileSync(path.join(odd, 'plain.txt'), 'A note without any marks, in plain text.\n')
  return folder
}

/** The tests of one window, in order; after a failure the rest has nothing to stand on and is skipped. */
export function librarySpace(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp
  let writing: string
  const page = (): Page => app.page
  const list = (): Locator => page().getByRole('list', { name: 'Your pieces' })
  const count = (): Promise<string> => textOf(page().getByText(/^\d+ pieces?( of \d+)?$/))
  const box = (): Locator => page().getByRole('searchbox', { name: 'Search in words and meaning' })
  const pane = async (name: string): Promise<void> => {
    await page().getByRole('group', { name: 'What to look at' }).getByText(name).click()
    await page()
      .getByRole('region', { name: name.replace(/ \d+$/, '') })
      .waitFor()
  }

  beforeAll(async () => {
    writing = oddFolder(data)
    const model = path.join(data, 'tiny.gguf')
    writeTinyModel(model, { blocks: 2, width: 64, ff: 128, vocabulary: 512, context: 1024, seed: 3 })
    for (const args of [
      ['models', 'add', model],
      ['import', writing],
    ]) {
      const { code, stderr } = await runCli(data, args)
      if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
    }
    app = await open(data)
    await go(page(), 'Library')
    await list().waitFor()
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => page(), `${prefix}-library-failed`)

  it('shows what there is, and narrows it by year, tag, length and folder', async () => {
    await expect.poll(() => count()).toBe('35 pieces')
    expect(await barriers(page())).toEqual([])
    const year = page()
      .getByRole('button', { name: /^20\d\d: [1-9]/ })
      .first()
    const named = (await year.getAttribute('aria-label')) ?? ''
    await year.click()
    const pieces = /: (\d+) /.exec(named)?.[1]
    await expect.poll(count).toBe(`${pieces} ${pieces === '1' ? 'piece' : 'pieces'} of 35`)
    await year.click()
    await expect.poll(count).toBe('35 pieces')
    await page().getByRole('group', { name: 'Tags' }).getByRole('button', { name: /^🌊/ }).click()
    await expect.poll(count).toBe('1 piece of 35')
    await page().getByRole('button', { name: 'Remove the filter 🌊' }).click()
    await page().getByRole('combobox', { name: 'Folder' }).selectOption({ index: 1 })
    await expect.poll(count).toBe('4 pieces of 35')
    await page().getByRole('checkbox', { name: 'under 300 words' }).check()
    await page()
      .getByRole('button', { name: /^Remove the filter under 300 words/ })
      .waitFor()
    await expect.poll(count).toBe('4 pieces of 35')
    await page().getByRole('button', { name: 'Clear all filters' }).click()
    await page().getByRole('combobox', { name: 'Order' }).selectOption('Longest first')
    const words = async (): Promise<number> =>
      Number(/([\d,]+) words/.exec(await textOf(list().getByRole('button').first()))?.[1]?.replace(',', ''))
    await expect.poll(words).toBeGreaterThan(300)
    await page().getByRole('combobox', { name: 'Order' }).selectOption('Newest first')
  })

  it('narrows by days and by format', async () => {
    const from = page().getByLabel('From', { exact: true })
    const to = page().getByLabel('To', { exact: true })
    const names = readdirSync(path.join(projectFolder(), 'resources', 'sample')).sort()
    const dated = names.filter((name) => /^\d/.test(name)).map((name) => name.slice(0, 10))
    const [first, last] = [String(dated[4]), String(dated[9])]
    await from.fill(first)
    await expect.poll(count).toBe(`${dated.filter((day) => day >= first).length} pieces of 35`)
    await to.fill(last)
    await expect.poll(count).toBe(`${dated.filter((day) => day >= first && day <= last).length} pieces of 35`)
    await page().getByRole('button', { name: 'Remove the filter' }).click()
    await expect.poll(count).toBe('35 pieces')
    await expect.poll(() => from.inputValue()).toBe('')
    const formats = page().getByRole('group', { name: 'Formats' })
    await formats.getByRole('checkbox', { name: 'Plain text' }).check()
    await expect.poll(count).toBe('1 piece of 35')
    await expect.poll(() => textOf(list())).toContain('Plain')
    await formats.getByRole('checkbox', { name: 'Plain text' }).uncheck()
    await expect.poll(count).toBe('35 pieces')
  })

  it('opens what a fast writer looked for: words, arrow and Enter in one go', async () => {
    await box().fill('barometers')
    await box().press('ArrowDown')
    await page().keyboard.press('Enter')
    await page().getByRole('article').locator('mark').first().waitFor()
    await page().getByRole('button', { name: 'Close the piece' }).click()
    await box().fill('barometer')
    await box().press('Enter')
    await page().getByRole('article').locator('mark').first().waitFor()
    await page().getByRole('button', { name: 'Close the piece' }).click()
    await page().getByRole('button', { name: 'Clear the search' }).click()
  })

  it('keeps the keys at their piece while meaning finds more', async ({ skip }) => {
    skip(app.address === null, 'the calls of Electron’s window cannot be held back')
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page().route('**/api/call/library.find', async (route) => {
      const { meaning, ...asked } = route.request().postDataJSON()
      if (!meaning) return route.continue()
      // By words alone it is answered at once, and not by the stream; the other way round, it is another order.
      let response = await route.fetch({ postData: JSON.stringify(asked) })
      while (response.status() !== 200) response = await route.fetch({ postData: JSON.stringify(asked) })
      await held
      const { pieces } = await response.json()
      await route.fulfill({ response, json: { pieces: pieces.toReversed(), note: null } })
    })
    await box().fill('barometers')
    await list().locator('mark').first().waitFor()
    const rows = list().getByRole('button')
    const first = await textOf(rows.first().locator('.title'))
    await box().press('ArrowDown')
    await expect.poll(() => rows.first().evaluate((row) => row === document.activeElement)).toBe(true)
    release()
    await page().getByText('Searching by meaning…').waitFor({ state: 'detached' })
    await expect.poll(() => textOf(rows.first().locator('.title'))).not.toBe(first)
    await expect
      .poll(() => page().evaluate(() => document.activeElement?.closest('[data-piece]')?.textContent))
      .toContain(first)
    await page().keyboard.press('Enter')
    await page().getByRole('article', { name: first }).locator('mark').first().waitFor()
    await page().unroute('**/api/call/library.find')
    await page().getByRole('button', { name: 'Close the piece' }).click()
    await page().getByRole('button', { name: 'Clear the search' }).click()
    await expect.poll(count).toBe('35 pieces')
  })

  it('finds by stems and marks the words; keys walk the list and open a piece', async () => {
    await page().keyboard.press('/')
    await expect.poll(() => box().evaluate((input) => input === document.activeElement)).toBe(true)
    await box().fill('barometers')
    await list()
      .locator('mark', { hasText: /^barometer$/i })
      .first()
      .waitFor()
    expect(await barriers(page())).toEqual([])
    await box().press('ArrowDown')
    await page().keyboard.press('Enter')
    await page().getByRole('article').locator('mark').first().waitFor()
    expect(await barriers(page())).toEqual([])
    await page().getByRole('button', { name: 'Clear the search' }).click()
    await expect.poll(count).toBe('35 pieces')
  })

  it('shows Markdown clean, its facts and passages, and finds within it', async () => {
    await list()
      .getByRole('button', { name: 'First', exact: false })
      .filter({ hasText: /^First/ })
      .click()
    const article = page().getByRole('article', { name: 'First' })
    await article.getByRole('heading', { name: 'Second', level: 3 }).waitFor()
    await expect.poll(() => article.getByRole('heading', { name: 'First' }).count()).toBe(1)
    await expect.poll(() => article.locator('table td').count()).toBe(2)
    expect(await article.locator('script').count()).toBe(0)
    await article.getByText('About this piece').click()
    await expect.poll(() => textOf(article)).toContain('marked.md')
    expect(await barriers(page())).toEqual([])
    await page().getByRole('button', { name: 'Find in this piece' }).click()
    await page().getByRole('searchbox', { name: 'Find in this piece' }).fill('BAROMETER')
    await page().getByText('1 of 1').waitFor()
    await page().getByRole('button', { name: 'Close the search' }).click()
    await article.getByText('1 passage', { exact: true }).click()
    await article.getByText('This is how search and prompts know the piece').waitFor()
    await picture(page(), `${prefix}-library-passages`)
  })

  it('says that a file changed, and reads it again', async () => {
    appendFileSync(path.join(writing, 'odd', 'marked.md'), '\nA zeppelin was added.\n')
    const article = page().getByRole('article', { name: 'First' })
    await page().getByRole('button', { name: 'Next piece' }).click()
    // The piece comes from the host: going back before it is there would go back from the one before.
    await article.waitFor({ state: 'detached' })
    await page().getByRole('button', { name: 'Previous piece' }).click()
    await article.getByText('The file has changed since it was read.').waitFor()
    await article.getByRole('button', { name: 'Read again' }).click()
    await article.getByText('A zeppelin was added.').waitFor()
    await article.getByText('The file has changed since it was read.').waitFor({ state: 'detached' })
  })

  it('leaves the reader where they are when the piece at hand is read anew', async () => {
    // Longer than the window; the very longest is a guest's.
    await page().getByLabel('Order').selectOption('Longest first')
    await list().getByRole('button').nth(1).click()
    const article = page().getByRole('article')
    const scrolled = (): Promise<number> => article.evaluate(({ scrollTop }) => scrollTop)
    await article.locator('.text p').nth(2).waitFor()
    await article.evaluate((page) => page.scrollTo({ top: 150 }))
    await expect.poll(scrolled).toBeGreaterThan(100)
    await page().getByRole('button', { name: 'Don’t learn from this', exact: true }).click()
    await page().getByRole('button', { name: 'Learn from this', exact: true }).click()
    await page().getByRole('button', { name: 'Don’t learn from this', exact: true }).waitFor()
    await page().waitForTimeout(300)
    expect(await scrolled()).toBeGreaterThan(100)
    await page().getByLabel('Order').selectOption('Newest first')
    await list()
      .getByRole('button', { name: 'First', exact: false })
      .filter({ hasText: /^First/ })
      .click()
  })

  it('keeps a folder from being learned from, and takes that back', async () => {
    const article = page().getByRole('article', { name: 'First' })
    await article.waitFor()
    if ((await article.locator('details[open]').count()) === 0) await article.getByText('About this piece').click()
    await article.getByRole('button', { name: 'Don’t learn from its folder' }).click()
    await article.getByText('Its folder is for reading only').waitFor()
    await page().getByRole('button', { name: 'Close the piece' }).click()
    await page().getByRole('checkbox', { name: 'For reading only' }).check()
    await expect.poll(count).toBe('4 pieces of 35')
    await page().getByRole('checkbox', { name: 'For reading only' }).uncheck()
    await pane('Folders')
    expect(await barriers(page())).toEqual([])
    const excluded = page().getByRole('list', { name: 'Folders for reading only' })
    await excluded.getByRole('button', { name: 'Learn from it again' }).click()
    await excluded.getByText('None.', { exact: false }).waitFor()
  })

  it('keeps several pieces for reading only, and removes those whose files are gone', async () => {
    await page().getByRole('button', { name: 'Select pieces' }).click()
    await list().getByRole('checkbox').nth(0).check()
    await list().getByRole('checkbox').nth(1).check()
    await page().getByText('2 selected').waitFor()
    expect(await barriers(page())).toEqual([])
    await page().getByRole('button', { name: 'Don’t learn from these' }).click()
    await list().getByText('For reading only').nth(1).waitFor()
    rmSync(path.join(writing, 'odd', 'rtl.md'))
    const folder = page().getByRole('list', { name: 'Folders in the library' }).getByRole('listitem').first()
    await folder.getByRole('button', { name: 'Read again' }).click()
    await page().getByText('1 piece whose file is gone').waitFor()
    await page().getByRole('button', { name: 'Remove them' }).click()
    await page().getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await expect.poll(count).toBe('34 pieces')
  })

  it('keeps what was left out, with the reasons', async () => {
    await pane('Left out')
    await page().getByText('it is empty (0 bytes)').waitFor()
    expect(await barriers(page())).toEqual([])
  })

  it('shows what would be recalled, and the prompt', async () => {
    await pane('Recall test')
    await page().getByRole('textbox', { name: 'A question, or a piece' }).fill('What did the barometer say?')
    for (const task of ['Chat', 'Headline']) {
      await page().getByRole('group', { name: 'For' }).getByText(task).click()
      await page().getByRole('button', { name: 'Test', exact: true }).click()
      await page()
        .getByText(/^\d+ tokens of the [\d,]+ that fit$/)
        .waitFor()
      await expect
        .poll(() => page().getByRole('list', { name: 'What was found' }).getByRole('listitem').count())
        .toBeGreaterThan(1)
      await expect.poll(() => page().getByText('in the prompt').count()).toBeGreaterThan(0)
    }
    await expect
      .poll(() => textOf(page().getByRole('list', { name: 'What was found' })))
      .toMatch(/match by words: \d+(st|nd|rd|th)/)
    await expect.poll(() => textOf(page().getByTestId('recall-prompt'))).toContain('barometer')
    expect(await barriers(page())).toEqual([])
    await page().getByLabel('Only what is older than').fill('1900-01-01')
    await page().getByRole('button', { name: 'Test', exact: true }).click()
    await page().getByText('Nothing was found that could be shown.').waitFor()
  })

  it('watches a folder, and reads what comes into it', async () => {
    await pane('Folders')
    const before = Number.parseInt(await count(), 10)
    const folder = page().getByRole('list', { name: 'Folders in the library' }).getByRole('listitem').first()
    const watch = folder.getByRole('switch', { name: 'Watch for changes' })
    const label = folder.locator('label', { hasText: 'Watch for changes' })
    await label.click()
    await expect.poll(() => watch.isChecked()).toBe(true)
    writeFileSync(path.join(writing, 'odd', 'arrived.md'), '# Arrived\n\nIt came by itself while nobody looked.\n')
    await expect.poll(count, { timeout: 120_000 }).toBe(`${before + 1} pieces`)
    await label.click()
    await expect.poll(() => watch.isChecked()).toBe(false)
  })

  it('ran without an error on the console or a request to another machine', () => {
    expect(app.trouble).toEqual([])
  })
}
