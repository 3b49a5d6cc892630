/** The library in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { librarySpace } from './library-space.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`the library in Chromium${skipped(noChromium)}`, { timeout: 180_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  librarySpace(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`the library in Electron${skipped(noElectron)}`, { timeout: 180_000 }, () => {
  librarySpace(inElectron, 'electron')
})
