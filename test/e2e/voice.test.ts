/** The Voice space in each window that this machine has, on a tiny model that trains in seconds and writes nonsense. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { TRAINING } from './steps.ts'
import { voiceSpace } from './voice-space.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`voices in Chromium${skipped(noChromium)}`, { timeout: TRAINING }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  voiceSpace(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`voices in Electron${skipped(noElectron)}`, { timeout: TRAINING }, () => {
  voiceSpace(inElectron, 'electron')
})
