/**
 * A new user's first minutes with a folder of one's own writing, timed, with a picture at every step:
 * docs/screens/first-ten-minutes. Run by `npm run screens -- first-ten-minutes FOLDER`; each time in a new data folder.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'
import { SMOLLM } from '../helpers/models.ts'
import { inChromium, launchChromium, whyNoChromium } from './open.ts'
import { reachStep } from './steps.ts'

const folder = path.join(projectFolder(), 'docs', 'screens', 'first-ten-minutes')
/** Milliseconds that a step may take on a busy machine. */
const PATIENCE = 20 * 60_000

/** @throws when a step does not come, or when the window had trouble */
export async function walkFirstMinutes(log: (line: string) => void, writing: string): Promise<void> {
  const why = SMOLLM === null ? 'the starter model is not there' : whyNoChromium()
  if (why !== null || SMOLLM === null) throw new Error(`No pictures can be taken: ${why}.`)
  const data = path.join(projectFolder(), '.idiolect', 'first-minutes')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const browser = await launchChromium()
  try {
    const began = performance.now()
    const app = await inChromium(() => browser)(data, { IDIOLECT_MODELS: path.dirname(SMOLLM) })
    const { page } = app
    page.setDefaultTimeout(PATIENCE)
    const step = async (name: string, what: string): Promise<void> => {
      log(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`)
      await shoot(page, name)
    }
    try {
      await page.getByTestId('first-start').getByRole('button').first().click({ trial: true })
      await step('1-where', 'the one question')
      await page.getByRole('textbox', { name: 'Or type the folder’s path' }).fill(writing)
      await page.getByRole('button', { name: 'Read this folder' }).click()
      log(`${((performance.now() - began) / 1000).toFixed(1)} s: the folder is given`)
      await page.getByTestId('import-done').waitFor()
      await step('2-found', 'what was found')
      const train = page.getByTestId('train-button')
      await train.and(page.locator(':enabled')).waitFor()
      await train.scrollIntoViewIfNeeded()
      await step('3-offer', 'what training would take')
      await train.click()
      await reachStep(page, 2)
      await step('4-training', 'the training goes on')
      if (app.trouble.length > 0) throw new Error(app.trouble.join('\n'))
    } finally {
      await app.close()
    }
  } finally {
    await browser.close()
    rmSync(data, { recursive: true, force: true })
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}
