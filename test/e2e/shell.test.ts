/** The window around the spaces, in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { shell } from './shell.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)
/** A busy machine is not a failure. */
const timeout = 5 * 60_000

describe.skipIf(noChromium !== null)(`the shell in Chromium${skipped(noChromium)}`, { timeout }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  shell(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`the shell in Electron${skipped(noElectron)}`, { timeout }, () => {
  shell(inElectron, 'electron')
})
