/** The headlines' space, feature by feature, on a tiny model that writes nonsense. */
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prose } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { inOrder } from './in-order.ts'
import {
  inChromium,
  inElectron,
  launchChromium,
  type OpenApp,
  type OpenedApp,
  whyNoChromium,
  whyNoElectron,
} from './open.ts'
import { barriers, expectRefusal, go, held, pasteMegabytes, picture, textOf } from './page.ts'
import * as steps from './steps.ts'
import { tinyData } from './tiny.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

/** Old enough to be learnt from. */
/** Old enough that it trains. */
const PIECE = 'In Which the Ledger Is Opened'

function headlineSpace(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp
  let page: Page

  beforeAll(async () => {
    await tinyData(data, ['Edda'])
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'models') })
    page = app.page
    await go(page, 'Headlines')
  }, steps.WRITING)
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => page, `${prefix}-headlines-failed`)

  const candidates = (): Locator => page.getByTestId('candidate')
  /** What this call is asked for; the window's own bridge in Electron cannot be watched. */
  const requestOf = async (call: string): Promise<unknown> => {
    if (app.address === null) return null
    return (await page.waitForRequest(new RegExp(`/api/call/${call}$`), { timeout: steps.WRITING })).postDataJSON()
  }
  const texts = (): Promise<string[]> => candidates().locator('p.text').allInnerTexts()

  it('writes candidates for a piece of the library, and more of them', async () => {
    await page.getByText('becomes an example for the next training').waitFor()
    await steps.pieceForHeadlines(page, PIECE)
    await steps.writeHeadlines(page)
    const first = await texts()
    expect(first.length).toBeGreaterThan(1)
    await page.getByRole('button', { name: 'More' }).click()
    await expect.poll(() => candidates().count(), { timeout: steps.WRITING }).toBeGreaterThan(first.length)
    await steps.headlinesWritten(page)
    const all = await texts()
    expect(all.slice(0, first.length)).toEqual(first)
    expect(new Set(all).size).toBe(all.length)
    expect(await barriers(page)).toEqual([])
  })

  it('sets a candidate aside, and brings it back', async () => {
    const [unwanted] = await texts()
    await candidates().first().getByRole('button', { name: 'Not this one' }).click()
    const aside = page.locator('details', { hasText: '1 headline is set aside' })
    await aside.locator('summary').click()
    expect(await texts()).not.toContain(unwanted)
    expect(await barriers(page)).toEqual([])
    await aside.getByRole('button', { name: 'Bring it back' }).click()
    await aside.waitFor({ state: 'detached' })
    expect((await texts())[0]).toBe(unwanted)
  })

  it('keeps a choice and its wording, says what will be learnt, and takes it back', async () => {
    await candidates().nth(1).getByRole('button', { name: 'Choose' }).click()
    await page.getByText('1 choice will be learned from at the next training').waitFor()
    await candidates().nth(1).getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Edit the headline' }).fill('Seven Minutes to Eight')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('1 in your own words').waitFor()
    await picture(page, `${prefix}-headlines-chosen`)
    expect(await barriers(page)).toEqual([])
    await page.reload()
    await go(page, 'Headlines')
    await page.getByText('1 in your own words').waitFor()
    await page.getByRole('searchbox', { name: 'Search earlier headlines' }).fill('SEVEN minutes')
    const earlier = page.getByTitle('Open this piece and its headlines again')
    await expect.poll(() => earlier.count()).toBe(1)
    await page.getByRole('searchbox', { name: 'Search earlier headlines' }).fill('no such words')
    await page.getByText('No earlier headline or piece has these words.').waitFor()
    await page.getByRole('searchbox', { name: 'Search earlier headlines' }).fill('')
    await earlier.first().click()
    await candidates().nth(1).getByText('Seven Minutes to Eight').waitFor()
    await candidates().nth(1).getByRole('button', { name: 'Undo the choice' }).click()
    await page.getByText('becomes an example for the next training').waitFor()
    expect(await candidates().getByRole('button', { name: 'Chosen' }).count()).toBe(0)
  })

  it('mixes two authors blind, tells who wrote which after the choice, and counts it', async () => {
    await page
      .locator('label')
      .filter({ has: page.getByRole('switch', { name: 'Blind trial' }) })
      .click()
    await expect.poll(() => page.getByLabel('against').inputValue()).toContain('base')
    await page.getByRole('button', { name: 'Write headlines' }).click()
    await page.getByText('Two authors are mixed.').waitFor({ timeout: steps.WRITING })
    await steps.headlinesWritten(page)
    expect(await page.getByText(/^by (Edda|the base model)$/).count()).toBe(0)
    expect(await barriers(page)).toEqual([])
    await candidates().nth(1).getByRole('button', { name: 'Choose' }).click()
    await page.getByText('Chosen blind so far, in 1 trial:').waitFor()
    const authors = await page.getByText(/^by (Edda|the base model)$/).allInnerTexts()
    expect(authors).toHaveLength(await candidates().count())
    expect(new Set(authors).size).toBe(2)
    const whose = (await textOf(candidates().nth(1))).includes('by Edda') ? 'Edda' : 'the base model'
    await page.getByText(`${whose} 1 of 1`).waitFor()
    await picture(page, `${prefix}-headlines-blind`)
    expect(await barriers(page)).toEqual([])
  })

  it('writes at the strength that was set, and stops by its button or Esc', async () => {
    const slider = page.getByRole('slider', { name: /^Strength/ })
    await slider.fill('0.5')
    await slider.locator('xpath=..').getByText('0.50').waitFor()
    await page
      .locator('label')
      .filter({ has: page.getByRole('switch', { name: 'Blind trial' }) })
      .click()
    const box = page.getByRole('textbox', { name: 'The piece' })
    for (const way of ['button', 'Esc']) {
      await box.fill(`${way}: ${prose(7, 300)}`)
      const asked = requestOf('headline.write')
      const cancelled = requestOf('request.cancel')
      const letEnd = app.address === null ? null : await held(page, 'headline.write')
      await page.getByRole('button', { name: 'Write headlines' }).click()
      if (way === 'Esc') await page.keyboard.press('Escape')
      else await page.getByTestId('stop-button').click()
      if (app.address !== null) expect(await asked).toMatchObject({ scale: 0.5 })
      await cancelled
      await letEnd?.()
      await steps.headlinesWritten(page)
      await page.getByTestId('stop-button').waitFor({ state: 'detached' })
    }
    expect(await page.getByTestId('notice').count()).toBe(0)
    await expect.poll(() => box.inputValue()).toContain('Esc: ')
  })

  it('opens a file with its title, and is not brought down by a text that is no piece', async () => {
    const box = page.getByRole('textbox', { name: 'The piece' })
    const buffer = Buffer.from('---\ntitle: Counted twice\n---\n\nThe lamps of the quay were counted.\n')
    await page.locator('input[type="file"]').setInputFiles({ name: 'lamps.md', mimeType: 'text/markdown', buffer })
    await page.getByText('Its own title: Counted twice').waitFor()
    expect((await box.inputValue()).trim()).toBe('The lamps of the quay were counted.')
    const picture = { name: 'lamps.png', mimeType: 'image/png', buffer: Buffer.from('PNG') }
    await page.locator('input[type="file"]').setInputFiles(picture)
    await page.getByTestId('notice').filter({ hasText: 'lamps.png' }).getByRole('button', { name: 'Dismiss' }).click()
    if (app.address !== null) await expectRefusal(app.trouble, 'files.read')
    await pasteMegabytes(box)
    const notice = page.getByTestId('notice').filter({ hasText: '2,000,000' })
    await notice.waitFor()
    expect((await box.inputValue()).trim()).toBe('The lamps of the quay were counted.')
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect.poll(() => box.inputValue()).toBe('')
  })

  it('removes earlier headlines, and brings back what was not meant', async () => {
    const earlier = page.getByTitle('Open this piece and its headlines again')
    if (!(await earlier.first().isVisible())) await page.locator('summary', { hasText: 'Earlier headlines' }).click()
    const count = await earlier.count()
    const [first] = await earlier.allInnerTexts()
    await page.getByRole('button', { name: 'Remove from the history' }).first().click()
    await expect.poll(() => earlier.count()).toBe(count - 1)
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(() => earlier.count()).toBe(count)
    expect((await earlier.allInnerTexts())[0]).toBe(first)
    await page.getByRole('button', { name: 'Remove from the history' }).first().click()
    await expect.poll(() => earlier.count()).toBe(count - 1)
  })

  it('ran without an error on the console or a request to another machine', () => {
    expect(app.trouble).toEqual([])
  })
}

describe.skipIf(noChromium !== null)(`headlines in Chromium${skipped(noChromium)}`, { timeout: steps.WRITING }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  headlineSpace(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`headlines in Electron${skipped(noElectron)}`, { timeout: steps.WRITING }, () => {
  headlineSpace(inElectron, 'electron')
})
