/** The space Ratings as a writer works in it. Written once for every window. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { allMade, counts, current, inSpace, MAKING, oneText, table } from './label-space.ts'
import type { OpenApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

export function ratingSpace(open: OpenApp, prefix: string): void {
  const { app, writing } = inSpace(open, prefix)

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
    // Keys under a dialog are not for the piece, which would have a score by then.
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog')
    await sheet.waitFor()
    await page.keyboard.press('3')
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await first.getByText('5 of 8').waitFor()
    await first.getByRole('button', { name: 'To the suggestions' }).click()
    await page.getByText(/^5 pieces, /).waitFor()
  })

  it('suggests distributions; keys give one’s own score', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Suggest scores' }).click()
    await expect.poll(() => table(page).evaluate((grid) => grid === document.activeElement)).toBe(true)
    await allMade(page, 5)
    const bars = current(page).getByRole('group', { name: 'Likelihood of each score' }).getByRole('button')
    await expect.poll(() => bars.count()).toBe(5)
    await expect.poll(() => textOf(current(page))).toMatch(/≈ [1-5]\.\d/)
    // Two keys at once are for two pieces.
    await page.keyboard.press('2')
    await page.keyboard.press('4')
    await expect.poll(() => counts(page)).toBe('3 to decide, 2 accepted, 0 skipped')
    const given = table(page).locator('button.score[aria-pressed="true"]')
    expect((await given.allInnerTexts()).map((text) => text.trim().at(-1))).toEqual(['2', '4'])
    await page.keyboard.press('u')
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

  it('writes scores into files, those that were given first as well', async () => {
    const { page } = app()
    await page.getByRole('button', { name: 'Close the piece' }).click()
    await page.getByRole('button', { name: 'Write into files…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Write into the files' })
    await expect.poll(() => dialog.getByText(/^\+ rating: \d/).count()).toBe(4)
    await dialog.getByRole('button', { name: 'Write 4 files' }).click()
    await dialog.getByText('4 files written.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    const scores = readdirSync(writing()).flatMap(
      (name) => /^rating: (\d)$/m.exec(readFileSync(path.join(writing(), name), 'utf8'))?.[1] ?? [],
    )
    expect(scores.sort()).toEqual(['2', '2', '4', '5'])
  })

  it('lists where it disagrees with one’s own scores', async () => {
    const { page } = app()
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
