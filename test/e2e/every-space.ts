/**
 * What holds in every space alike: no barriers in any colours, twice as large a text in the smallest window, lines that
 * can be read in the largest, less motion where that is asked for, and notices that cover nothing. Written once for every
 * window.
 */
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { countCalls, restOf } from './calls.ts'
import { longLines, motions, outOfSight, stretched } from './in-sight.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { go, pasteMegabytes, picture, textOf, violations, wear } from './page.ts'
import { leave, OVER, SHOWN, seedSpaces } from './spaces-shown.ts'

const USUAL = { width: 1280, height: 800 }
const SMALLEST = { width: 900, height: 600 }
const LARGEST = { width: 3840, height: 2160 }
/** Enough to be still at work when the writer is somewhere else. */
const MANY = 1500

/** The page's own text, so many times as large as usual, as Settings sets it. */
async function textSize(page: Page, size: number): Promise<void> {
  await go(page, 'Settings')
  await page.getByRole('group', { name: 'Settings' }).getByText('Appearance', { exact: true }).click()
  for (const name of size > 1 ? ['Larger text'] : ['Smaller text']) {
    for (let times = 0; times < 5; times++) {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Commands' }).fill(name)
      await page.getByTestId('palette').getByRole('option', { name, selected: true }).waitFor()
      await page.keyboard.press('Enter')
      await page.getByTestId('palette').waitFor({ state: 'detached' })
    }
  }
  const letters = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).fontSize)
  while ((await letters()) !== `${16 * size}px`) await page.waitForTimeout(50)
}

/** What axe says in light, dark and high contrast; what does not hang on colours is asked once. */
async function barriersInAll(page: Page): Promise<string[]> {
  const found = await violations(page)
  for (const contrast of ['no-preference', 'more'] as const) {
    await page.emulateMedia({ contrast })
    for (const scheme of contrast === 'more' ? (['light', 'dark'] as const) : (['dark'] as const)) {
      await wear(page, scheme)
      const wrong = await violations(page, contrast === 'more' ? ['color-contrast-enhanced'] : ['color-contrast'])
      found.push(...wrong.map((line) => `${scheme}, ${contrast}: ${line}`))
    }
  }
  await page.emulateMedia({ contrast: 'no-preference' })
  await wear(page, 'light')
  return found
}

/** Milliseconds of the window's own clock without a call, at rest: its own pauses are shorter. */
const REST = 2500

/** @param counted whether the window's calls can be seen from without, as requests */
export function everySpace(open: OpenApp, prefix: string, counted: boolean): void {
  const data = temporaryFolder()
  let app: OpenedApp
  let page: Page
  const spaces = Object.entries(SHOWN).map(([name, show]) => ({ name, show }))

  beforeAll(async () => {
    await seedSpaces(data)
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'models') })
    page = app.page
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
  })
  afterAll(async () => {
    await app?.close()
  })
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => picture(page, `${prefix}-failed-${task.name.replaceAll(/\W+/g, '-')}`))
  })
  afterEach(() => leave(page))

  describe('in light, dark and high contrast', () => {
    it.each(spaces)('$name has no barriers', async ({ show }) => {
      await show(page)
      expect(await barriersInAll(page)).toEqual([])
    })
  })

  describe('with less motion, where that is asked for', () => {
    afterAll(() => page.emulateMedia({ reducedMotion: 'reduce' }))
    it.each(spaces)('$name stands still', async ({ show }) => {
      await page.emulateMedia({ reducedMotion: 'no-preference' })
      await show(page)
      expect(await motions(page)).toContain('button.space: background')
      await page.emulateMedia({ reducedMotion: 'reduce' })
      expect(await motions(page)).toEqual([])
    })
  })

  describe('with text twice as large in the smallest window', () => {
    beforeAll(async () => {
      await textSize(page, 2)
      await page.setViewportSize(SMALLEST)
    })
    afterAll(async () => {
      await page.setViewportSize(USUAL)
      await textSize(page, 1)
    })
    it.each(spaces)('$name loses nothing', async ({ name, show }) => {
      await show(page)
      expect(await outOfSight(page, OVER[name])).toEqual([])
      await picture(page, `${prefix}-large-${name.replaceAll(' ', '-')}`)
    })
  })

  describe('in the largest window', () => {
    beforeAll(() => page.setViewportSize(LARGEST))
    afterAll(() => page.setViewportSize(USUAL))
    it.each(spaces)('$name has lines that can be read', async ({ name, show }) => {
      await show(page)
      expect(await longLines(page, 95)).toEqual([])
      expect(await stretched(page, { button: 30, field: 60, row: 90 })).toEqual([])
      await picture(page, `${prefix}-wide-${name.replaceAll(' ', '-')}`)
    })
  })

  describe('with a notice in the smallest window', () => {
    const notice = () => page.getByTestId('notice')
    beforeAll(async () => {
      await page.setViewportSize(SMALLEST)
      await SHOWN.headlines?.(page)
      await pasteMegabytes(page.getByRole('textbox', { name: 'The piece' }))
      await notice().waitFor()
    })
    afterAll(async () => {
      await notice().getByRole('button', { name: 'Dismiss' }).click()
      await page.setViewportSize(USUAL)
    })
    it.each(spaces)('$name can be pressed everywhere', async ({ name, show }) => {
      await show(page)
      expect(await notice().count()).toBe(name === 'the palette' ? 0 : 1)
      expect(await outOfSight(page, OVER[name])).toEqual([])
    })
  })

  describe.runIf(counted)('while it stays open', () => {
    beforeAll(() => countCalls(page))
    it.each(spaces)('$name asks the host for nothing again and again', async ({ show }) => {
      await show(page)
      await expect.poll(() => restOf(page, REST), { timeout: 60_000 }).toBe('at rest')
    })
  })

  describe('when what had the focus is gone', () => {
    /** What has the focus now: its tag, and the text or label by which one knows it. */
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const at = document.activeElement
        return `${at?.tagName.toLowerCase()} ${at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? ''}`
      })
    /** By the keyboard, as whoever needs the focus does. */
    const press = async (name: string, key = 'Enter'): Promise<void> => {
      const button = page.getByRole('button', { name, exact: true }).first()
      await button.focus()
      await page.keyboard.press(key)
    }

    it('goes to the heading of the page that comes', async () => {
      await SHOWN['a draft']?.(page)
      await press('All drafts')
      await expect.poll(focused).toBe('h1 Draft')
    })
    it('stays at a title whose renaming was given up', async () => {
      await SHOWN.chat?.(page)
      await press('Rename')
      await page.getByRole('textbox', { name: 'New title' }).waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(focused).toMatch(/^h2 What is a log/)
    })
    it('stays in the message, and at the headline, whose editing was given up', async () => {
      await press('Edit')
      await page.keyboard.press('Escape')
      await expect.poll(focused).toBe('button Edit')
      await SHOWN.headlines?.(page)
      await press('Edit')
      await page.keyboard.press('Escape')
      await expect.poll(focused).toMatch(/^button /)
      expect(await page.evaluate(() => document.activeElement?.closest('[data-testid=candidate]') !== null)).toBe(true)
    })
    it('stays in the library whose piece was closed', async () => {
      await SHOWN['the library with a piece open']?.(page)
      await press('Close the piece')
      await page.getByRole('article').waitFor({ state: 'detached' })
      await expect.poll(() => page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
    })
    it('goes on to the next row of a list, and to the page when a notice is put away', async () => {
      await go(page, 'Draft')
      const list = page.getByRole('list', { name: 'Your drafts' })
      await list.waitFor()
      await page.getByRole('button', { name: 'New draft' }).click()
      await page.getByRole('textbox', { name: 'The draft' }).waitFor()
      await page.getByRole('textbox', { name: 'Title' }).fill('To be removed')
      await page.keyboard.press('Enter')
      await page.getByTestId('saved').getByText('Saved').waitFor()
      await press('All drafts')
      await press('Remove To be removed')
      await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
      await list.getByText('To be removed').waitFor({ state: 'detached' })
      await expect.poll(() => page.evaluate(() => document.activeElement?.closest('li') !== null)).toBe(true)

      await SHOWN.headlines?.(page)
      await pasteMegabytes(page.getByRole('textbox', { name: 'The piece' }))
      await press('Dismiss')
      await page.getByTestId('notice').waitFor({ state: 'detached' })
      await expect.poll(focused).toBe('h1 Headlines')
    })
  })

  it('tells what ended while another space was open, and leads there', async () => {
    const files = Array.from({ length: MANY }, (_, n): [string, string] => [
      `${n}.md`,
      post({ title: `Page ${n}`, date: '2024-05-01' }, prose(n, 60)),
    ])
    const folder = writeFiles(path.join(data, 'more'), Object.fromEntries(files))
    await go(page, 'Library')
    await page.getByRole('button', { name: 'Add writing' }).first().click()
    await page.getByRole('dialog', { name: 'Add writing' }).getByLabel('Or type').fill(folder)
    await page.keyboard.press('Enter')
    await page.locator('aside [role="progressbar"]').waitFor({ state: 'attached' })
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Shift+Digit9')
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    const news = page.getByTestId('news')
    await news.waitFor()
    await expect.poll(() => textOf(news)).toContain('Your writing has been read.')
    expect(await page.locator('aside [role="progressbar"]').count()).toBe(0)
    expect(await violations(page)).toEqual([])
    await news.getByRole('button', { name: 'Library' }).click()
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
    await news.waitFor({ state: 'detached' })
  })

  it('had no trouble', () => {
    expect(app.trouble).toEqual([])
  })
}
