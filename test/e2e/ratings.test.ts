/** The space Ratings in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { ratingSpace } from './rating-space.ts'

const PATIENCE = 5 * 60_000
const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`Ratings in Chromium${skipped(noChromium)}`, { timeout: PATIENCE }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  ratingSpace(
    inChromium(() => browser),
    'chromium-ratings',
  )
})

describe.skipIf(noElectron !== null)(`Ratings in Electron${skipped(noElectron)}`, { timeout: PATIENCE }, () => {
  ratingSpace(inElectron, 'electron-ratings')
})
