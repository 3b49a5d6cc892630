/** The Draft space in each window that this machine has. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { draftSpace } from './draft.ts'
import { keptDrafts } from './draft-kept.ts'
import { inChromium, inElectron, launchChromium, whyNoChromium, whyNoElectron } from './open.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)
const PATIENCE = 5 * 60_000

describe.skipIf(noChromium !== null)(`Draft in Chromium${skipped(noChromium)}`, { timeout: PATIENCE }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  const open = inChromium(() => browser)
  describe('writing', () => draftSpace(open, 'chromium'))
  describe('what becomes of it', () => keptDrafts(open, 'chromium'))
})

describe.skipIf(noElectron !== null)(`Draft in Electron${skipped(noElectron)}`, { timeout: PATIENCE }, () => {
  describe('writing', () => draftSpace(inElectron, 'electron'))
  describe('what becomes of it', () => keptDrafts(inElectron, 'electron'))
})
