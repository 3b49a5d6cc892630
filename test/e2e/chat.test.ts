/** The chat's space, feature by feature, on a tiny model that writes nonsense. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/temporary.ts'
import { inOrder } from './in-order.ts'
import {
  inChromium,
  inElectron,
  launchChromium,
  type OpenApp,
  type OpenedApp,
  whyNoChromium,
  whyNoElectron,
} from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'
import * as steps from './steps.ts'
import { tinyData } from './tiny.ts'

const noChromium = whyNoChromium()
const noElectron = whyNoElectron()
const skipped = (why: string | null): string => (why === null ? '' : ` (skipped: ${why})`)

const QUESTION = 'What is kept in the log?'

function chatSpace(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp
  let page: Page

  beforeAll(async () => {
    await tinyData(data, ['Edda', 'Other Hand'], 2048)
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'models') })
    page = app.page
    // Long enough that no answer ends before it is stopped; those that are compared are waited for.
    if (app.address !== null)
      await page.route(/\/api\/call\/chat\.(send|regenerate|continue|compare)$/, (route) => {
        const ask = route.request().postDataJSON()
        const sides = ask.sides?.map((side: object) => ({ ...side, maxTokens: 120 }))
        const bounded = sides ? { ...ask, sides } : { ...ask, maxTokens: 900 }
        return route.continue({ postData: JSON.stringify(bounded) })
      })
    await go(page, 'Chat')
  }, steps.WRITING)
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => page, `${prefix}-chat-failed`)

  const side = (): Locator => page.getByRole('navigation', { name: 'Conversations' })
  const answers = (): Locator => page.getByRole('article', { name: 'Idiolect' })
  /** Stops what is written as soon as there is something of it: nonsense of full length takes too long. */
  async function stopped(): Promise<void> {
    const stop = page.getByTestId('stop-button')
    const streaming = page.locator('[data-testid="answer"][data-streaming]').first()
    const begun = async (): Promise<boolean> => {
      if ((await stop.count()) === 0) return true
      const text = (await streaming.textContent({ timeout: 2000 }).catch(() => '')) ?? ''
      return text.replace(/Thinking…/, '').trim() !== ''
    }
    await stop.waitFor()
    await expect.poll(begun, { timeout: 60_000 }).toBe(true)
    await page.keyboard.press('Escape')
    await stop.waitFor({ state: 'detached' })
  }

  it('stops an answer with Esc and keeps what came, and goes on with it', async () => {
    await steps.ask(page, QUESTION)
    await stopped()
    await page.getByText('Stopped before its end.').waitFor()
    const before = await steps.answered(page)
    expect(before).not.toBe('')
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(async () => (await textOf(answers().getByTestId('answer'))).length).toBeGreaterThan(before.length)
    if (await page.getByTestId('stop-button').isVisible()) await page.keyboard.press('Escape')
    await page.getByTestId('stop-button').waitFor({ state: 'detached' })
    expect(await barriers(page)).toEqual([])
  })

  it('tries again and edits, and steps between the branches', async () => {
    await page.getByRole('button', { name: 'Try again' }).click()
    await stopped()
    const turns = page.getByRole('group', { name: 'Answers to this question' })
    await expect.poll(() => textOf(turns)).toBe('2 of 2')
    const second = await steps.answered(page)
    await turns.getByRole('button', { name: 'Previous' }).click()
    await turns.getByText('1 of 2').waitFor()
    expect(await steps.answered(page)).not.toBe(second)
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Edit the question' }).fill('What is kept in the tower?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await stopped()
    const versions = page.getByRole('group', { name: 'Versions of this question' })
    await expect.poll(() => textOf(versions)).toBe('2 of 2')
    await versions.getByRole('button', { name: 'Previous' }).click()
    await page.getByText(QUESTION, { exact: true }).last().waitFor()
    await turns.getByText('2 of 2').waitFor()
    expect(await steps.answered(page)).toBe(second)
    // The branch that was shown is shown again.
    await page.reload()
    await go(page, 'Chat')
    await side().getByRole('button').first().click()
    await turns.getByText('2 of 2').waitFor()
    expect(await steps.answered(page)).toBe(second)
    expect(await barriers(page)).toEqual([])
  })

  it('gives an edited question that nothing answered back in its form', async ({ skip }) => {
    skip(app.address === null, 'only a page’s calls can be answered in the model’s place')
    const refused = { name: 'NoBase', message: 'There is no model today.', next: null }
    const call = '**/api/call/chat.send'
    await page.route(call, (route) => route.fulfill({ status: 422, json: refused }))
    await page.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('textbox', { name: 'Edit the question' })
    await form.fill('What is kept nowhere?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    const notice = page.getByTestId('notice')
    await notice.getByText(refused.message).waitFor()
    await expect.poll(() => form.inputValue()).toBe('What is kept nowhere?')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText(QUESTION, { exact: true }).last().waitFor()
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    await page.unroute(call)
  })

  it('opens a source at its passage', async () => {
    const sources = page.locator('details', { hasText: 'From your writing' }).last()
    await sources.locator('summary').click()
    await sources.getByRole('button').first().click()
    await page.locator('mark').first().waitFor()
    await page.getByRole('button', { name: 'Back to Chat' }).click()
    await page.getByRole('heading', { level: 1, name: 'Chat' }).waitFor()
  })

  it('compares two voices for one question, and goes on with the one that is chosen', async () => {
    await page.getByRole('button', { name: 'New conversation', exact: true }).click()
    await page.getByLabel('Compare with').selectOption('Other Hand')
    await steps.ask(page, 'One word on fog?')
    await page.getByText('Answer 1 of 2').waitFor()
    const both = page.getByRole('group', { name: 'Answers side by side' })
    await both.waitFor({ timeout: steps.WRITING })
    await expect.poll(() => both.getByRole('article').count()).toBe(2)
    const other = both.getByRole('article', { name: 'Other Hand' })
    const chosen = await textOf(other.locator('.answer'))
    await picture(page, `${prefix}-compared`)
    expect(await barriers(page)).toEqual([])
    await other.getByRole('button', { name: 'Go on with this one' }).click()
    await both.waitFor({ state: 'detached' })
    await expect.poll(() => textOf(answers().last())).toContain('Other Hand')
    expect(await steps.answered(page)).toBe(chosen)
    // Any two: also without the voice that is on.
    await page.getByLabel('Answer by').selectOption('Other Hand')
    await page.getByLabel('Compare with').selectOption('No voice')
    await steps.ask(page, 'And on salt?')
    await page.getByText('Answer 1 of 2').waitFor()
    expect(await page.locator('.side .who').allTextContents()).toEqual(['Other Hand', 'No voice'])
    await stopped()
    await page.getByLabel('Compare with').selectOption('nothing')
  })

  it('goes on with an answer while another conversation is shown; a removal ends it without a word', async () => {
    await page.getByRole('button', { name: 'New conversation', exact: true }).click()
    await steps.ask(page, 'What does the keeper keep?')
    const asked = side().getByRole('listitem').filter({ hasText: 'What does the keeper keep?' })
    await asked.getByText('Being answered…').waitFor()
    await side().getByText(QUESTION).first().click()
    await page.getByText(QUESTION, { exact: true }).last().waitFor()
    await asked.getByRole('button', { name: 'What does the keeper keep?' }).first().click()
    // The same answer, which is still being written here: nonsense of full length takes too long.
    await stopped()
    expect(await steps.answered(page)).not.toBe('')
    await asked.getByText('Being answered…').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'New conversation', exact: true }).click()
    await steps.ask(page, 'What is thrown away?')
    const gone = side().getByRole('listitem').filter({ hasText: 'What is thrown away?' })
    await gone.getByText('Being answered…').waitFor()
    await gone.hover()
    await gone.getByRole('button', { name: 'Remove the conversation What is thrown away?' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await gone.waitFor({ state: 'detached' })
    await page.getByTestId('stop-button').waitFor({ state: 'detached' })
    expect(await page.getByTestId('notice').count()).toBe(0)
  })

  it('finds words in conversations, jumps to the message and marks it', async () => {
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('the TOWER')
    const hits = page.getByRole('list', { name: 'Where it stands' }).getByRole('button')
    await hits.first().waitFor()
    await expect.poll(() => textOf(hits.first().locator('mark'))).toBe('the tower')
    await hits.first().click()
    // The message stands on a branch that was not shown.
    await page.getByText('What is kept in the tower?', { exact: true }).last().waitFor()
    const marked = (): Promise<number> =>
      page.evaluate(
        () => [...(CSS.highlights.get('found') ?? [])].filter((range) => range.toString() === 'the tower').length,
      )
    await expect.poll(marked).toBeGreaterThan(0)
    expect(await barriers(page)).toEqual([])
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('no such words')
    await page.getByText('No conversation has these words.').waitFor()
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('')
  })

  it('renames and exports', async () => {
    const title = page.getByRole('textbox', { name: 'New title' })
    await side().getByText('One word on fog?').first().click()
    await page.getByRole('heading', { level: 2, name: 'One word on fog?' }).waitFor()
    await page.getByRole('button', { name: 'Rename' }).click()
    await title.fill('On fog')
    // What was begun there is not this one's title.
    await side().getByText(QUESTION).first().click()
    await page.getByRole('heading', { level: 2, name: QUESTION }).waitFor()
    expect(await title.count()).toBe(0)
    await page.getByRole('button', { name: 'Rename' }).click()
    await title.fill('About the log')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: 'About the log' }).waitFor()
    await side().getByText('About the log').waitFor()
    for (const round of ['first', 'second']) {
      await page.getByRole('button', { name: 'Export' }).click()
      const dialog = page.getByRole('dialog')
      const change = dialog.getByRole('button', { name: 'Change' })
      if (!(await change.isVisible())) {
        await dialog.getByLabel('Path', { exact: true }).fill(data)
        await dialog.getByRole('button', { name: 'Use this path' }).click()
      }
      await dialog.getByRole('button', { name: 'Export', exact: true }).click()
      if (round === 'second') await dialog.getByRole('button', { name: 'Replace the file' }).click()
      await dialog.getByText('Written to').waitFor()
      await dialog.getByRole('button', { name: 'Close' }).last().click()
    }
    expect(readFileSync(path.join(data, 'about-the-log.md'), 'utf8')).toContain('> What is kept in the')
  })

  it('keeps nothing of a conversation that is not to be kept', async () => {
    const secret = 'Quisqualis-4402'
    await page.getByRole('button', { name: 'New conversation that is not kept' }).click()
    await page.getByText('Nothing of this is kept.').waitFor()
    await steps.ask(page, `Mind ${secret}`)
    await stopped()
    await steps.ask(page, 'And this?')
    await stopped()
    await expect.poll(() => answers().count()).toBe(2)
    await picture(page, `${prefix}-unkept`)
    expect(await barriers(page)).toEqual([])
    const bytes = readdirSync(data, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(data, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
      .map((file) => readFileSync(file, 'latin1'))
      .join('\n')
    expect(bytes).toContain(QUESTION)
    expect(bytes).not.toContain(secret)
    // By keys too, it is not left by accident.
    await page.keyboard.press('Control+Shift+O')
    await page.getByRole('dialog', { name: 'Leave this conversation?' }).getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => answers().count()).toBe(2)
    await side().getByRole('button').first().click()
    await page.getByRole('button', { name: 'Leave it' }).click()
    await page.getByText('Nothing of this is kept.').waitFor({ state: 'detached' })
    expect(await page.getByText(secret).count()).toBe(0)
  })

  it('refuses five megabytes in a clear word, and gives them back', async () => {
    await page.getByRole('textbox', { name: 'Message', exact: true }).evaluate((box: HTMLTextAreaElement) => {
      box.value = 'word '.repeat(1_000_000)
      box.dispatchEvent(new Event('input', { bubbles: true }))
    })
    await page.getByRole('button', { name: 'Send' }).click()
    const notice = page.getByTestId('notice')
    await notice.getByText('characters').waitFor()
    const left = await page.getByRole('textbox', { name: 'Message', exact: true }).inputValue()
    expect(left.length).toBeGreaterThan(4_000_000)
    await page.getByRole('textbox', { name: 'Message', exact: true }).fill('')
    await notice.getByRole('button', { name: 'Dismiss' }).click()
  })

  it('takes an answer into a draft, as the assistant’s words', async () => {
    await side().getByText('One word on fog?').first().click()
    const taken = answers()
      .filter({ has: page.getByRole('button', { name: 'Take into a draft' }) })
      // A random model may answer in signs alone, which a draft may take for Markdown.
      .filter({ has: page.locator('.answer', { hasText: /\p{L}/u }) })
      .first()
    const text = await textOf(taken.locator('.answer'))
    await taken.getByRole('button', { name: 'Take into a draft' }).click()
    const sheet = page.getByRole('textbox', { name: 'The draft' })
    await sheet.waitFor()
    // Its own text, and not that of a draft that was open before.
    // Nearly all of it: Markdown of the answer's, which the sheet shows as it is written, may stand within a word.
    const told = text.match(/\p{L}{2,}/gu) ?? []
    expect(told.length).toBeGreaterThan(0)
    const kept = async (): Promise<number> => {
      const written = await textOf(sheet)
      return told.filter((word) => written.includes(word)).length / told.length
    }
    await expect.poll(kept).toBeGreaterThan(0.5)
    await expect.poll(() => textOf(page.getByTestId('whose'))).toMatch(/^0 yours, [1-9][\d,]* the assistant’s$/)
  })

  it('ran without an error on the console or a request to another machine', () => {
    // What is refused on purpose is logged by the browser itself.
    expect(app.trouble.filter((line) => !line.includes('422'))).toEqual([])
  })
}

describe.skipIf(noChromium !== null)(`the chat in Chromium${skipped(noChromium)}`, { timeout: steps.WRITING }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  chatSpace(
    inChromium(() => browser),
    'chromium',
  )
})

describe.skipIf(noElectron !== null)(`the chat in Electron${skipped(noElectron)}`, { timeout: steps.WRITING }, () => {
  chatSpace(inElectron, 'electron')
})
