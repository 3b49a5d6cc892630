/**
 * Pictures of the five spaces in light and dark, for the docs and for people to look at: docs/screens/*.png, from the
 * sample author's library and a voice that was really trained on it. Run by `npm run screens`; the library and the
 * voice stay in .idiolect/screens, so that a second run only takes the pictures.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import { SMOLLM } from '../helpers/models.ts'
import { inChromium, launchChromium, whyNoChromium } from './open.ts'
import { go, type Scheme, wear } from './page.ts'
import * as steps from './steps.ts'

const PIECE = 'In Which a Log Is Begun'
/** Milliseconds in which a space has read what was there before. */
const READING = 1000
const folder = path.join(projectFolder(), 'docs', 'screens')

async function shoot(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] satisfies Scheme[]) {
    await wear(page, scheme)
    // Nothing under the pointer wears its hover colours.
    await page.mouse.move(0, 0)
    await page.screenshot({ path: path.join(folder, `${name}-${scheme}.png`) })
  }
}

async function seed(page: Page, log: (line: string) => void): Promise<void> {
  await steps.importSample(page)
  await steps.keepForReading(page, 'Oskar Tveit')
  await steps.keepForReading(page, 'marked as draft')
  await steps.lookAround(page)
  log('Training the voice ...')
  await steps.train(page, { name: 'Edda', headlinesOnly: true, numbers: { Threads: machineThreads().chat } })
  await steps.proofShown(page)
}

async function shootLibrary(page: Page): Promise<void> {
  await go(page, 'Library')
  await page
    .getByRole('list', { name: 'Your pieces' })
    .getByRole('button', { name: 'In Which the Ferry Is Early' })
    .click()
  await page.getByRole('article', { name: 'In Which the Ferry Is Early' }).waitFor()
  await shoot(page, 'library')
}

async function shootVoice(page: Page): Promise<void> {
  await go(page, 'Voice')
  const proof = page.getByTestId('proof')
  await proof.waitFor()
  // The whole proof, with some air above.
  await page.getByRole('heading', { name: 'Your voices' }).evaluate((heading) => {
    heading.scrollIntoView()
    heading.closest('.page')?.scrollBy(0, -24)
  })
  await shoot(page, 'voice')
}

async function shootHeadlines(page: Page): Promise<void> {
  await go(page, 'Headlines')
  const earlier = page.getByTitle('Open this piece and its headlines again')
  await page.waitForTimeout(READING)
  if ((await earlier.count()) > 0) {
    await earlier.first().click()
  } else {
    await steps.pieceForHeadlines(page, PIECE)
    const candidates = await steps.writeHeadlines(page)
    await candidates.first().getByRole('button', { name: 'Choose' }).click()
  }
  await page.getByTestId('candidate').getByRole('button', { name: 'Chosen' }).waitFor()
  await shoot(page, 'headlines')
}

async function shootChat(page: Page): Promise<void> {
  await go(page, 'Chat')
  // This voice learnt headlines only, and would answer with one.
  const voice = page.getByRole('switch', { name: 'Voice' })
  await page.locator('label').filter({ has: voice }).click()
  const earlier = page.getByRole('navigation', { name: 'Conversations' }).getByRole('button')
  await page.waitForTimeout(READING)
  if ((await earlier.count()) > 0) await earlier.first().click()
  else await steps.ask(page, 'How do you keep the log?')
  await steps.answered(page)
  const sources = page.locator('details', { hasText: 'Passages at hand' }).last()
  await sources.locator('summary').click()
  await sources.getByRole('button').last().scrollIntoViewIfNeeded()
  await shoot(page, 'chat')
}

/** Takes all pictures; throws when something that they need is not there. */
export async function takeScreens(log: (line: string) => void): Promise<void> {
  const why = SMOLLM === null ? 'the starter model is not there' : whyNoChromium()
  if (why !== null || SMOLLM === null) throw new Error(`No pictures can be taken: ${why}.`)
  mkdirSync(folder, { recursive: true })
  const browser = await launchChromium()
  try {
    const data = path.join(projectFolder(), '.idiolect', 'screens')
    const app = await inChromium(() => browser)(data, { IDIOLECT_MODELS: path.dirname(SMOLLM) })
    try {
      const { page } = app
      await page
        .getByTestId('first-start')
        .or(page.getByRole('navigation', { name: 'Spaces' }))
        .waitFor()
      if (await page.getByTestId('first-start').isVisible()) await seed(page, log)
      await shootLibrary(page)
      await shootVoice(page)
      await shootHeadlines(page)
      await shootChat(page)
      await go(page, 'Models')
      await shoot(page, 'models')
      if (app.trouble.length > 0) throw new Error(app.trouble.join('\n'))
    } finally {
      await app.close()
    }
  } finally {
    await browser.close()
  }
}
