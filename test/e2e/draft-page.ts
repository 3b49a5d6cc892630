/** What the walks through the Draft space have in common: its data folder, and what a writer does and sees there. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { held, textOf } from './page.ts'

export const BEGINNING = 'The ice went out of the harbour on a Tuesday, and nobody on the quay said much about it.'

/** A data folder with a tiny base in use and one piece in the library: no first start, and little to read. */
export async function tinyData(data: string): Promise<void> {
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 2, width: 64, ff: 128, vocabulary: 512, context: 2048, seed: 3, endless: true })
  const piece = path.join(data, 'piece.md')
  writeFileSync(piece, '# A piece\n\nThe light on the point was out for three nights, and nobody asked why.\n')
  const { handlers, close } = await createApp({ dataFolder: data, host: 'terminal' })
  try {
    const { id } = await handlers['models.add']({ request: 'add', file: model, as: 'chat' })
    await handlers['models.use']({ model: id })
    await handlers['library.import']({ request: 'import', paths: [piece] })
  } finally {
    await close()
  }
}

export const sheet = (page: Page): Locator => page.getByRole('textbox', { name: 'The draft' })
export const ghost = (page: Page): Locator => page.getByTestId('ghost')

/** The text as the editor holds it, without what is only offered. */
export async function textIn(page: Page): Promise<string> {
  const lines = await sheet(page).evaluate((content) =>
    [...content.querySelectorAll('.cm-line')].map((line) => {
      const own = line.cloneNode(true) as Element
      for (const offered of own.querySelectorAll('.cm-ghost, .cm-placeholder')) offered.remove()
      return own.textContent ?? ''
    }),
  )
  return lines.join('\n')
}

/**
 * Presses Stop on what is being written, or finds that it was written to its end: a tiny model may be faster than the
 * hand. A Stop that does nothing stays, and fails here; one on a rewrite that cannot end first is pressed in draft.ts.
 */
export async function stopWriting(page: Page): Promise<void> {
  const stop = page.getByTestId('stop-button')
  await stop.or(ghost(page)).first().waitFor()
  await stop.click({ timeout: 10_000 }).catch(() => {})
  await stop.waitFor({ state: 'detached' })
}

/** What opens a draft in the list of all. */
export const listed = (page: Page, title: string): Locator =>
  page.getByRole('list', { name: 'Your drafts' }).getByRole('button').filter({ hasText: title })

export async function saved(page: Page): Promise<void> {
  await expect.poll(() => textOf(page.getByTestId('saved'))).toBe('Saved')
}

export async function paste(page: Page, text: string): Promise<void> {
  await sheet(page).evaluate((content, given) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', given)
    content.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}

/** How many words the line below counts as written by whom. */
export async function whose(page: Page): Promise<{ yours: number; assistants: number; quoted: number }> {
  const line = await textOf(page.getByTestId('whose'))
  const count = (what: string): number => Number(new RegExp(`([\\d,]+) ${what}`).exec(line)?.[1]?.replace(',', '') ?? 0)
  return { yours: count('yours'), assistants: count('the assistant’s'), quoted: count('quoted') }
}

export async function continued(page: Page): Promise<void> {
  await page.keyboard.press('Control+Enter')
  const stop = page.getByTestId('stop-button')
  await stop.or(ghost(page)).first().waitFor()
  await stop.waitFor({ state: 'detached' })
  await expect.poll(() => ghost(page).count()).toBe(1)
}

export async function details(page: Page): Promise<Locator> {
  const panel = page.getByRole('complementary', { name: 'Details' })
  if ((await panel.count()) === 0) await page.getByRole('button', { name: 'Details' }).click()
  await panel.waitFor()
  return panel
}

/** Holds back what a rewrite ends with. The result lets it go, once the window waits for it no more. */
export function neverEnding(page: Page): Promise<() => Promise<void>> {
  return held(page, 'draft.rewrite', { text: '', sources: [], voice: null, stopped: true, cut: false })
}

/** Answers rewrites in the model's place, each when it is let go; `asked`: what the window asked for. @param cut broken off */
export async function rewritten(
  page: Page,
  text: string,
  cut = false,
): Promise<{ asked: { how: string; text: string }[]; answer(): void; end(): Promise<void> }> {
  const calls = '**/api/call/draft.rewrite'
  const asked: { how: string; text: string }[] = []
  const waiting: (() => void)[] = []
  await page.route(calls, async (route) => {
    asked.push(route.request().postDataJSON() as { how: string; text: string })
    await new Promise<void>((resolve) => waiting.push(resolve))
    await route.fulfill({ json: { text, sources: [], voice: null, stopped: false, cut } })
  })
  return {
    asked,
    answer() {
      waiting.shift()?.()
    },
    end: () => page.unroute(calls),
  }
}
