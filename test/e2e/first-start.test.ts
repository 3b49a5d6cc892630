/** The first start in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { firstStart } from './first-start.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { TRAINING } from './steps.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`the first start in Chromium${skipped(noChromium)}`, { timeout: TRAINING }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  firstStart(
    inChromium(() => browser),
    'chromium-start',
  )
})

describe.skipIf(noElectron !== null)(`the first start in Electron${skipped(noElectron)}`, { timeout: TRAINING }, () => {
  firstStart(inElectron, 'electron-start')
})
