/** The space Tags as a writer works in it. Written once for every window. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { allMade, counts, current, inSpace, LONG, MAKING, oneText, PIECES, row, table } from './label-space.ts'
import type { OpenApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

export function tagSpace(open: OpenApp, prefix: string): void {
  const { app, writing } = inSpace(open, prefix, LONG)

  it('says how many pieces there are and how long it takes, before it is asked', async () => {
    const { page } = app()
    await go(page, 'Tags')
    await page.getByText(/^4 pieces, /).waitFor()
    await page.getByLabel('Which pieces').selectOption('All pieces')
    await page.getByText(`${PIECES + LONG} pieces, `).waitFor()
    await page.getByLabel('Only those that say').fill('nobody says this')
    await page.getByText('No pieces match.').waitFor()
    await page.getByLabel('Only those that say').fill('')
    await page.getByLabel('Which pieces').selectOption('Untagged pieces')
    await page.getByText(/^4 pieces, /).waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('suggests own tags, and is worked by keys', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Suggest tags' }).click()
    // Without a click into it, the keys are the table's.
    await expect.poll(() => table(page).evaluate((grid) => grid === document.activeElement)).toBe(true)
    await allMade(page, 4)
    await expect.poll(() => textOf(current(page))).toContain('Log 7')
    const chips = current(page).locator('button.tag')
    await expect.poll(() => chips.count()).toBe(3)
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
    await expect.poll(() => textOf(row(page, 'Log 7'))).toContain('accepted')
    await expect.poll(() => textOf(current(page))).toContain('Log 5')
    await page.keyboard.press('x')
    await expect.poll(() => counts(page)).toBe('2 to decide, 1 accepted, 1 skipped')
    // Another sitting takes it back as well.
    await page.reload()
    await go(page, 'Tags')
    await table(page).focus()
    await page.keyboard.press('u')
    await expect.poll(() => counts(page)).toBe('3 to decide, 1 accepted, 0 skipped')
    await expect.poll(() => textOf(current(page))).toContain('Log 5')
    await page.keyboard.press('o')
    const side = page.getByRole('complementary', { name: 'The piece' })
    await side.getByRole('heading', { name: 'Log 5 of the quay' }).waitFor()
    await page.getByText('Percentages', { exact: true }).click()
    await expect.poll(() => textOf(row(page, 'Log 5'))).toMatch(/\d%/)
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
    await page.getByRole('button', { name: 'Accept confident suggestions…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Accept confident suggestions' })
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
    await page.getByRole('button', { name: 'Undo file changes…' }).click()
    await page.getByRole('button', { name: 'Put back' }).click()
    await expect.poll(() => readFileSync(file, 'utf8')).toBe(before)
    await page.keyboard.press('Escape')
  })

  it('removes finished rows when that was meant, and still writes what they said', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Remove finished rows' }).click()
    const sure = page.getByRole('dialog', { name: 'Remove the finished rows?' })
    await sure.getByRole('button', { name: 'Cancel' }).click()
    expect(await counts(page)).toBe('3 to decide, 1 accepted, 0 skipped')
    await page.getByRole('button', { name: 'Remove finished rows' }).click()
    await sure.getByText('What was accepted stays accepted').waitFor()
    expect(await barriers(page)).toEqual([])
    await sure.getByRole('button', { name: 'Remove 1 row' }).click()
    await expect.poll(() => counts(page)).toBe('3 to decide, 0 accepted, 0 skipped')
    await page.getByRole('button', { name: 'Write into files…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Write into the files' })
    await dialog.getByRole('button', { name: 'Write 1 file' }).click()
    await dialog.getByText('1 file written.').waitFor()
    expect(readFileSync(path.join(writing(), 'log-7.md'), 'utf8')).toMatch(/^tags: \[.*brass\]$/m)
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await expect.poll(() => page.getByRole('button', { name: 'Write into files…' }).isDisabled()).toBe(true)
  })

  it('pauses, goes on and stops', async () => {
    const { page } = app()
    await page.getByLabel('Which pieces').selectOption('Tagged pieces')
    await page.getByLabel('Folder').selectOption({ label: `…/writing/long (${LONG})` })
    await page.getByText(`${LONG} pieces, `).waitFor()
    await page.getByRole('button', { name: 'Suggest tags' }).click()
    const queue = page.getByTestId('queue')
    await queue.getByRole('button', { name: 'Pause' }).click()
    await queue.getByText('Paused').waitFor()
    const made = (): Promise<string> => textOf(queue.locator('.numbers').first())
    // The piece at hand is still made to its end.
    let then = ''
    const stands = async (): Promise<boolean> => {
      const before = then
      then = await made()
      return then === before
    }
    await expect.poll(stands, { interval: 500 }).toBe(true)
    await page.waitForTimeout(500)
    expect(await made()).toBe(then)
    await queue.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(made, { timeout: MAKING }).not.toBe(then)
    // All may have been made meanwhile.
    for (const name of ['Pause', 'Stop'])
      await queue
        .getByRole('button', { name })
        .click({ timeout: 5000 })
        .catch(() => undefined)
    await queue.waitFor({ state: 'detached' })
    await expect.poll(() => table(page).getByText('waiting', { exact: true }).count()).toBe(0)
  })

  oneText(app, 'tag')
}
