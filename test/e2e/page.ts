/** What the end-to-end tests do with a page: watch it for trouble, look at it, and go from space to space. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type axe from 'axe-core'
import type { Locator, Page, Route } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'

export type SpaceName =
  | 'Draft'
  | 'Headlines'
  | 'Tags'
  | 'Ratings'
  | 'Chat'
  | 'Library'
  | 'Voice'
  | 'Models'
  | 'Settings'
export type Scheme = 'light' | 'dark'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Lists, from now on, what must never happen: errors on the console or thrown, and requests to other machines. */
export function watchForTrouble(page: Page): string[] {
  const trouble: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') trouble.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => trouble.push(`thrown: ${error.message}`))
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (/^(http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1') trouble.push(`request: ${request.url()}`)
  })
  forgetCancelled(page, trouble)
  return trouble
}

const REFUSED = 'the server responded with a status of 422'

/** What the browser itself says, in its own time, of a call that the host refuses, as a test meant it to. */
export async function expectRefusal(trouble: string[], call: string): Promise<void> {
  const patience = Date.now() + 20_000
  for (;;) {
    const at = trouble.findIndex((line) => line.includes(REFUSED) && line.includes(`/api/call/${call}`))
    if (at >= 0) return void trouble.splice(at, 1)
    if (Date.now() > patience) throw new Error(`${call} was not refused`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A call that was cancelled before its turn came ends as refused, which is no trouble. */
function forgetCancelled(page: Page, trouble: string[]): void {
  page.on('response', (response) => {
    if (response.status() !== 422) return
    const call = response.url().split('/').at(-1) ?? ''
    void response
      .json()
      .then(({ name }) => (name === 'Cancelled' ? expectRefusal(trouble, call) : undefined))
      // The page went meanwhile, or its console was left before that.
      .catch(() => {})
  })
}

/** Pastes five megabytes into a field, as the keyboard would. */
export async function pasteMegabytes(field: Locator): Promise<void> {
  await field.evaluate((element) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'word after word after word\n'.repeat(200_000))
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
}

/**
 * Holds back how a call ends, while the host works and streams: a tiny model may be faster than the hand.
 * @param json what the window is told in the place of the host's answer, or of its failure
 * @returns lets it end
 */
export async function held(page: Page, call: string, json?: object): Promise<() => Promise<void>> {
  const calls = `**/api/call/${call}`
  let letGo = (): void => {}
  const ended: Promise<void>[] = []
  const wanted = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const answered = async (route: Route): Promise<void> => {
    const response = await (json === undefined ? route.fetch() : route.fetch().catch(() => undefined))
    await wanted
    await route.fulfill(json === undefined ? { response } : { json })
  }
  await page.route(calls, (route) => {
    const end = answered(route)
    ended.push(end)
    return end
  })
  return async () => {
    letGo()
    await Promise.all(ended)
    await page.unroute(calls)
  }
}

/** A picture of the window, for people to look at: `.idiolect/e2e/NAME.png`. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = path.join(projectFolder(), '.idiolect', 'e2e')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

/** Changes to light or dark, and waits until every element wears it: the frame at hand may still mix the two. */
export async function wear(page: Page, scheme: Scheme): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme })
  await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    // What still changes its colour is neither one nor the other.
    const ending = document.getAnimations().filter((moving) => moving.effect?.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })
}

/** What axe finds wrong with the page as it stands, one line a rule. @param rules these alone; all of its usual ones */
export async function violations(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  // By evaluation: a script element would break the page's own content security policy.
  await page.evaluate(axeSource)
  return page.evaluate(async (only) => {
    const own = (window as unknown as { axe: typeof axe }).axe
    const runOnly = only ? { runOnly: { type: 'rule' as const, values: [...only] } } : {}
    const { violations } = await own.run(document, { resultTypes: ['violations'], ...runOnly })
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target).join('; ')}`)
  }, rules)
}

/** What axe finds wrong with the page as it stands, in light and in dark: one line a rule. */
export async function barriers(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const scheme of ['light', 'dark'] satisfies Scheme[]) {
    await wear(page, scheme)
    found.push(...(await violations(page)).map((violation) => `${scheme}: ${violation}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

/** By the navigation, with the mouse. */
export async function go(page: Page, space: SpaceName): Promise<void> {
  await page.getByRole('navigation', { name: 'Spaces' }).getByRole('button', { name: space }).click()
  await page.getByRole('heading', { level: 1, name: space }).waitFor()
}

/** One line's text without doubled spaces. */
export async function textOf(locator: Locator): Promise<string> {
  const text = await locator.evaluate(async (element: HTMLElement) => {
    // Under `content-visibility: auto` nothing has a text before it was in sight in a frame.
    if (!element.checkVisibility({ contentVisibilityAuto: true })) element.scrollIntoView({ block: 'nearest' })
    for (let frames = 0; frames < 10 && !element.checkVisibility({ contentVisibilityAuto: true }); frames++) {
      await new Promise((done) => requestAnimationFrame(done))
    }
    // biome-ignore lint/performance/useDomNodeTextContent: the text as a user sees it, line by line
    return element.innerText
  })
  return text.replace(/\s+/g, ' ').trim()
}

/** `12` of `Step 12 of 40`; 0 before the first step. */
export async function stepShown(page: Page): Promise<number> {
  const [shown = ''] = await page.getByText(/^Step [\d,]+ of [\d,]+$/).allTextContents()
  return Number(shown.replaceAll(',', '').match(/\d+/)?.[0] ?? 0)
}
