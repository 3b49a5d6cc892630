/** What a user does in the window, step by step; each returns when the window shows that it is done. */
import type { Locator, Page } from 'playwright-core'
import { go, stepShown, textOf } from './page.ts'

/** A training and its proof, on a machine that is busy with other things. */
export const TRAINING = 15 * 60_000
/** What an answer or headlines may take, also beside other work. */
export const WRITING = 3 * 60_000

/** First start: reads the sample author's posts. @returns the view of what was found */
export async function importSample(page: Page): Promise<Locator> {
  await page.getByTestId('first-start').waitFor()
  await page.getByRole('button', { name: 'Try the sample author' }).click()
  const found = page.getByTestId('import-done')
  await found.waitFor()
  return found
}

/** Answers the question whose text contains `about` with no, and waits until it is gone. */
export async function keepForReading(page: Page, about: string): Promise<void> {
  const question = page
    .getByRole('listitem')
    .filter({ hasText: about })
    .filter({ hasText: 'No, keep for reading only' })
  await question.getByRole('button', { name: 'No, keep for reading only' }).click()
  await question.waitFor({ state: 'detached' })
}

export async function lookAround(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Look around first' }).click()
  await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
}

export interface TrainChoice {
  name: string
  /** Leave prose out. */
  headlinesOnly: boolean
  /** By the fields' labels. */
  numbers: Record<string, number>
}

/** Fills in the options and starts the training. */
export async function train(page: Page, choice: TrainChoice): Promise<void> {
  await go(page, 'Voice')
  await page.locator('summary', { hasText: 'Options' }).click()
  await page.getByLabel('Name', { exact: true }).fill(choice.name)
  // Not before it is known what there is to learn: until then the box is not the user's.
  const prose = page.getByRole('checkbox', { name: 'Prose', disabled: false })
  await prose.waitFor()
  await prose.setChecked(!choice.headlinesOnly)
  for (const [label, value] of Object.entries(choice.numbers)) {
    await page.getByRole('spinbutton', { name: label, exact: true }).fill(String(value))
  }
  await page.getByTestId('train-button').click()
  await page.getByRole('button', { name: 'Cancel training' }).waitFor()
}

/** Waits until the training shows a step of at least this number. */
export async function reachStep(page: Page, step: number): Promise<void> {
  const patience = Date.now() + TRAINING
  while ((await stepShown(page)) < step) {
    if (Date.now() > patience) throw new Error(`step ${step} was not shown`)
    await page.waitForTimeout(50)
  }
}

/** Waits for the proof of the training that runs, and returns what it says. */
export async function proofShown(page: Page): Promise<{ won: boolean; text: string }> {
  const proof = page.getByTestId('proof')
  await proof.waitFor({ timeout: TRAINING })
  const text = await textOf(proof)
  return { won: text.includes('It sounds like you'), text }
}

/** Takes a piece of the library to the headlines. */
export async function pieceForHeadlines(page: Page, title: string): Promise<void> {
  await go(page, 'Headlines')
  await page.getByRole('button', { name: 'From the library' }).click()
  const dialog = page.getByRole('dialog', { name: 'Choose a piece' })
  await dialog.getByRole('searchbox').fill(title)
  await dialog.getByRole('button', { name: title }).click()
  await dialog.waitFor({ state: 'hidden' })
}

/** Writes headlines for the piece at hand. @returns the candidates' articles, all done */
export async function writeHeadlines(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Write headlines' }).click()
  await page.getByTestId('candidate').first().waitFor({ timeout: WRITING })
  await headlinesWritten(page)
  return page.getByTestId('candidate')
}

/** Until all candidates that were asked for are there. */
export async function headlinesWritten(page: Page): Promise<void> {
  await page.locator('section[aria-label="Candidates"][aria-busy="false"]').waitFor({ timeout: WRITING })
}

/** Sends a message without waiting for its answer. */
export async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('textbox', { name: 'Message' }).press('Enter')
}

/** Waits for an answer that is there whole, or as far as it came. */
export async function answered(page: Page): Promise<string> {
  const answer = page.locator('[data-testid="answer"]:not([data-streaming]):not(:has([data-rendering]))')
  await answer.waitFor({ timeout: WRITING })
  return textOf(answer)
}
