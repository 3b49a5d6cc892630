/** The main job in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { SMOLLM } from '../helpers/models.ts'
import { mainJob } from './main-job.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'
import { TRAINING } from './steps.ts'

const whyNoModel = SMOLLM === null ? 'the starter model is not there' : null
const noChromium = whyNoModel ?? whyNoChromium()
const noElectron = whyNoModel ?? whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

describe.skipIf(noChromium !== null)(`the main job in Chromium${skipped(noChromium)}`, { timeout: TRAINING }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  mainJob(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`the main job in Electron${skipped(noElectron)}`, { timeout: TRAINING }, () => {
  mainJob(inElectron, 'electron')
})
