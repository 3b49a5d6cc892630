/**
 * What each picture of docs/screens shows, brought about as a writer does it. What was written once is opened again at
 * the next time. Knows no files: screens.ts takes the pictures.
 */
import type { Locator, Page } from 'playwright-core'
import { go, textOf } from './page.ts'
import * as steps from './steps.ts'

const PIECE = 'In Which a Log Is Begun'
const QUESTION = 'In one sentence: what is a log for?'
const DRAFT = 'In Which the Stove Is Moved'
/** Milliseconds in which a space has read what was there before. */
const READING = 1500

const TEXT = `# ${DRAFT}

The stove stood against the sea wall for as long as there was a shop, and nobody had asked it whether it liked that. In November the wall sweated. The clocks on that side lost four minutes a week, all of them, *as if they had agreed on it*.

I measured twice and wrote it down. Then I asked the boy what he thought. He said that a clock is a thing that wants to be left alone, and that so is a stove, and that one of the two would have to give in.

> It is always the one with the legs that moves.
> So Mrs. Dunmore, who had come for an umbrella.

## What it took

- two men from the boatyard, and a door off its hinges
- eleven clocks stopped, and started again by hand
- one afternoon without tea

It stands by the window now. `

/** Waits for what a space read, and says whether it is there. */
async function hasSome(page: Page, locator: Locator): Promise<boolean> {
  await page.waitForTimeout(READING)
  return (await locator.count()) > 0
}

async function draft(page: Page): Promise<void> {
  await go(page, 'Draft')
  const earlier = page.getByRole('list', { name: 'Your drafts' }).getByRole('button').filter({ hasText: DRAFT })
  const sheet = page.getByRole('textbox', { name: 'The draft' })
  if (await hasSome(page, earlier)) {
    await earlier.first().click()
    await sheet.waitFor()
  } else {
    await page.getByRole('button', { name: 'New draft' }).first().click()
    await sheet.waitFor()
    await page.keyboard.insertText(TEXT)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Take all' }).waitFor()
    await page.getByTestId('stop-button').waitFor({ state: 'detached', timeout: steps.TRAINING })
    await page.keyboard.press('Tab')
    await page
      .getByTestId('saved')
      .filter({ hasText: /^Saved$/ })
      .waitFor()
  }
  const writers = page.getByRole('button', { name: 'Who wrote what' })
  if ((await writers.getAttribute('aria-pressed')) !== 'true') await writers.click()
  await page.locator('.cm-by-assistant').first().waitFor()
  await page.locator('.cm-by-assistant').first().scrollIntoViewIfNeeded()
}

async function headlines(page: Page): Promise<void> {
  await go(page, 'Headlines')
  const earlier = page.getByTitle('Open this piece and its headlines again')
  if (await hasSome(page, earlier)) {
    await earlier.first().click()
  } else {
    await steps.pieceForHeadlines(page, PIECE)
    const candidates = await steps.writeHeadlines(page)
    await candidates.first().getByRole('button', { name: 'Choose' }).click()
  }
  await page.getByTestId('candidate').getByRole('button', { name: 'Chosen' }).waitFor()
  await page.getByRole('heading', { level: 1 }).evaluate((heading) => heading.closest('.page')?.scrollTo(0, 0))
}

/** Suggestions, all made, some decided; the piece under the cursor stands open beside them. */
async function suggestions(page: Page, space: 'Tags' | 'Ratings', which: string, suggest: string): Promise<void> {
  await go(page, space)
  const table = page.getByRole('grid', { name: 'Suggestions' })
  if (!(await hasSome(page, table))) {
    await page.getByLabel('Which pieces').selectOption(which)
    await page.getByRole('button', { name: suggest }).click()
    await table.waitFor({ timeout: steps.TRAINING })
  }
  await page.getByTestId('queue').waitFor({ state: 'detached', timeout: steps.TRAINING })
  await table.focus()
  const counts = page.getByTestId('label-counts')
  if ((await textOf(counts)).includes(' 0 accepted')) {
    await page.keyboard.press('Enter')
    await counts.filter({ hasText: '1 accepted' }).waitFor()
    await page.keyboard.press('Enter')
    await counts.filter({ hasText: '2 accepted' }).waitFor()
  }
  const side = page.getByRole('complementary', { name: 'The piece' })
  if ((await side.count()) === 0) await page.keyboard.press('o')
  await side.waitFor()
}

async function chat(page: Page): Promise<void> {
  await go(page, 'Chat')
  const earlier = page.getByRole('navigation', { name: 'Conversations' }).getByRole('button', { name: QUESTION })
  if (await hasSome(page, earlier)) {
    await earlier.first().click()
  } else {
    // This voice learnt to write as Edda does, not to answer questions.
    const voice = page.getByRole('switch', { name: 'Voice' })
    await page.locator('label').filter({ has: voice }).click()
    await steps.ask(page, QUESTION)
  }
  await page.getByTestId('answer').first().waitFor()
  await page.getByTestId('stop-button').waitFor({ state: 'detached', timeout: steps.TRAINING })
  const sources = page.locator('details', { hasText: 'From your writing' }).last()
  if ((await sources.getAttribute('open')) === null) await sources.locator('summary').click()
  await sources.getByRole('button').last().scrollIntoViewIfNeeded()
}

async function library(page: Page): Promise<void> {
  await go(page, 'Library')
  const list = page.getByRole('list', { name: 'Your pieces' })
  await list.getByRole('button', { name: 'In Which the Ferry Is Early' }).click()
  await page.getByRole('article', { name: 'In Which the Ferry Is Early' }).waitFor()
}

async function recall(page: Page): Promise<void> {
  await go(page, 'Library')
  const close = page.getByRole('button', { name: 'Close the piece' })
  if ((await close.count()) > 0) await close.click()
  await page.getByRole('group', { name: 'What to look at' }).getByText('Recall test').click()
  await page.getByRole('textbox', { name: 'A question, or a piece' }).fill('Why does a clock stop when nobody looks?')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await page.getByTestId('recall-result').waitFor()
}

async function voice(page: Page): Promise<void> {
  await go(page, 'Voice')
  await page.getByTestId('proof').waitFor()
  // The whole proof, with some air above.
  await page.getByRole('heading', { name: 'Your voices' }).evaluate((heading) => {
    heading.scrollIntoView()
    heading.closest('.page')?.scrollBy(0, -24)
  })
}

async function models(page: Page): Promise<void> {
  await go(page, 'Models')
  const starter = page.getByRole('article', { name: 'SmolLM2 135M Instruct' })
  await starter.waitFor()
  if (!(await hasSome(page, starter.getByText('words/s, measured')))) {
    await starter.getByRole('button', { name: 'Measure: SmolLM2 135M Instruct' }).click()
    await starter.getByText('words/s, measured').waitFor({ timeout: steps.TRAINING })
  }
  await page.getByText('Looking at what this machine can do').waitFor({ state: 'detached', timeout: steps.TRAINING })
}

async function settings(page: Page): Promise<void> {
  await go(page, 'Settings')
  await page.getByRole('group', { name: 'Settings' }).getByText('Appearance', { exact: true }).click()
}

async function palette(page: Page): Promise<void> {
  await go(page, 'Library')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).waitFor()
  await page.keyboard.type('log')
  await page.getByTestId('palette').getByRole('option').first().waitFor()
}

/**
 * By the pictures' names (scripts/screens-options.mjs), in the spaces' order; the palette covers what is under it and
 * stands last.
 */
export const showings: Record<string, (page: Page) => Promise<void>> = {
  draft,
  headlines,
  tags: (page) => suggestions(page, 'Tags', 'All pieces', 'Suggest tags'),
  ratings: (page) => suggestions(page, 'Ratings', 'Unrated pieces', 'Suggest scores'),
  chat,
  library,
  recall,
  voice,
  models,
  settings,
  palette,
}
