/** What holds in every space alike, in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { everySpace } from './every-space.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)
/** A busy machine is not a failure. */
const timeout = 5 * 60_000

describe.skipIf(noChromium !== null)(`every space in Chromium${skipped(noChromium)}`, { timeout }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  everySpace(
    inChromium(() => browser),
    'chromium-every',
    true,
  )
})

describe.skipIf(noElectron !== null)(`every space in Electron${skipped(noElectron)}`, { timeout }, () => {
  everySpace(inElectron, 'electron-every', false)
})
