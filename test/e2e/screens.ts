/**
 * Pictures of every space in light and dark, for the docs and for people to look at: docs/screens/*.png, from the
 * sample author's library and a voice that was really trained on it. Run by `npm run screens`; the library, the voice
 * and what was written stay in .idiolect/screens, so that a second run only takes the pictures.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import { SMOLLM } from '../helpers/models.ts'
import { inChromium, launchChromium, type OpenedApp, whyNoChromium } from './open.ts'
import { type Scheme, wear } from './page.ts'
import { showings } from './screens-shown.ts'
import * as steps from './steps.ts'

const folder = path.join(projectFolder(), 'docs', 'screens')

type Log = (line: string) => void

async function shoot(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] satisfies Scheme[]) {
    await wear(page, scheme)
    // Nothing under the pointer wears its hover colours.
    await page.mouse.move(0, 0)
    await page.screenshot({ path: path.join(folder, `${name}-${scheme}.png`) })
  }
  await wear(page, 'light')
}

async function seed(page: Page, log: Log): Promise<void> {
  await steps.importSample(page)
  await steps.keepForReading(page, 'Oskar Tveit')
  await steps.keepForReading(page, 'marked as draft')
  await steps.lookAround(page)
  log('Training the voice ...')
  await steps.train(page, { name: 'Edda', headlinesOnly: false, numbers: { Threads: machineThreads().chat } })
  await steps.proofShown(page)
}

async function withApp(
  browser: Browser,
  data: string,
  models: string,
  use: (app: OpenedApp) => Promise<void>,
): Promise<void> {
  const app = await inChromium(() => browser)(data, { IDIOLECT_MODELS: models })
  try {
    await use(app)
    if (app.trouble.length > 0) throw new Error(app.trouble.join('\n'))
  } finally {
    await app.close()
  }
}

/**
 * Takes all pictures, or those named (scripts/screens-options.mjs); a picture that cannot be taken leaves the others theirs.
 * @throws when one of them could not be taken, or when the window had trouble
 */
export async function takeScreens(log: Log, only: readonly string[] = []): Promise<void> {
  const why = SMOLLM === null ? 'the starter model is not there' : whyNoChromium()
  if (why !== null || SMOLLM === null) throw new Error(`No pictures can be taken: ${why}.`)
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name)
  const models = path.dirname(SMOLLM)
  const own = path.join(projectFolder(), '.idiolect')
  const failed: string[] = []
  mkdirSync(folder, { recursive: true })
  const browser = await launchChromium()
  try {
    if (wanted('welcome')) {
      // A folder that nobody has written into: nothing is chosen there, so it stays new.
      await withApp(browser, path.join(own, 'screens-new'), models, async ({ page }) => {
        await page.getByTestId('first-start').waitFor()
        await page.getByText('What this machine can run').waitFor()
        await shoot(page, 'welcome')
      })
    }
    await withApp(browser, path.join(own, 'screens'), models, async ({ page }) => {
      const spaces = page.getByRole('navigation', { name: 'Spaces' })
      await page.getByTestId('first-start').or(spaces).waitFor()
      if (await page.getByTestId('first-start').isVisible()) await seed(page, log)
      for (const [name, show] of Object.entries(showings)) {
        if (!wanted(name)) continue
        log(`${name} ...`)
        try {
          await show(page)
          await shoot(page, name)
        } catch (error) {
          failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
          await page.reload()
          await spaces.waitFor()
        }
      }
    })
  } finally {
    await browser.close()
  }
  if (failed.length > 0) throw new Error(failed.join('\n'))
}
