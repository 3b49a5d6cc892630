/** The Models space in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { modelsSpace } from './models.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { TRAINING } from './steps.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(
  `the Models space in Chromium${skipped(noChromium)}`,
  { timeout: TRAINING },
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser?.close())
    modelsSpace(
      inChromium(() => browser),
      'chromium-models',
    )
  },
)

describe.skipIf(noElectron !== null)(
  `the Models space in Electron${skipped(noElectron)}`,
  { timeout: TRAINING },
  () => {
    modelsSpace(inElectron, 'electron-models')
  },
)
