/** The space Tags in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { tagSpace } from './tag-space.ts'

const PATIENCE = 5 * 60_000
const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`Tags in Chromium${skipped(noChromium)}`, { timeout: PATIENCE }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  tagSpace(
    inChromium(() => browser),
    'chromium-tags',
  )
})

describe.skipIf(noElectron !== null)(`Tags in Electron${skipped(noElectron)}`, { timeout: PATIENCE }, () => {
  tagSpace(inElectron, 'electron-tags')
})
