/**
 * What stands around the spaces: the palette, the shortcuts, the settings, the languages, the colours, the size of the
 * text, the foot with what runs. Written once for every window; needs no model.
 */
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { runCli } from './host.ts'
import { inOrder } from './in-order.ts'
import type { OpenApp, OpenedApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'

const PIECE = 'In Which the Ferry Is Early'
const SECTIONS = ['Appearance', 'Writing', 'Shortcuts', 'Privacy', 'About']

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).waitFor()
}

function option(page: Page, how: { name?: string; selected?: boolean }): Locator {
  return page.getByTestId('palette').getByRole('option', how)
}

/** Types into the palette and runs what stands first. */
async function runByName(page: Page, query: string, name: string): Promise<void> {
  await openPalette(page)
  await page.keyboard.type(query)
  await option(page, { name, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByTestId('palette').waitFor({ state: 'detached' })
}

async function section(page: Page, name: string): Promise<void> {
  await page.getByRole('group', { name: 'Settings' }).getByText(name, { exact: true }).click()
  await page.getByRole('region', { name }).waitFor()
}

/** The computed colour behind the page, e.g. `rgb(255, 255, 255)`. */
function ground(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.body).backgroundColor)
}

/** What sticks out of the window on its right, by its text. */
function clipped(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, h1, h2, input, select')]
      .filter((element) => element.checkVisibility() && !element.closest('.hidden, .skip'))
      .filter((element) => {
        const box = element.getBoundingClientRect()
        return box.width > 1 && box.right > innerWidth + 1
      })
      .map((element) => element.textContent?.trim() || element.getAttribute('aria-label') || element.tagName),
  )
}

/** After a failure the rest has nothing to stand on and is skipped. */
export function shell(open: OpenApp, prefix: string): void {
  const data = temporaryFolder()
  let app: OpenedApp

  beforeAll(async () => {
    const { code, stderr } = await runCli(data, ['import', path.join(projectFolder(), 'resources', 'sample')], {
      IDIOLECT_MODELS: path.join(data, 'no-models'),
    })
    if (code !== 0) throw new Error(stderr)
    app = await open(data, { IDIOLECT_MODELS: path.join(data, 'no-models') })
    await app.page.getByRole('navigation', { name: 'Spaces' }).waitFor()
  })
  afterAll(async () => {
    await app?.close()
  })
  inOrder(() => app.page, `${prefix}-shell-failed`)

  it('goes to every space by keys, and the focus follows', async () => {
    const { page } = app
    await page.keyboard.press('Control+Shift+Digit9')
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content')
    expect(await page.title()).toBe('Settings · Idiolect')
    await page.keyboard.press('Control+Shift+Digit6')
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
    await expect.poll(() => page.title()).toBe('Library · Idiolect')
    // The first stop of Tab is the way past the navigation.
    await page.evaluate(() => {
      ;(document.activeElement as HTMLElement).blur()
      getSelection()?.removeAllRanges()
    })
    await page.getByRole('link', { name: 'Skip to the content' }).focus()
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
  })

  it('finds commands and pieces in the palette', async () => {
    const { page } = app
    await openPalette(page)
    await option(page, { name: 'Headlines' }).waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-palette`)
    const chosen = option(page, { selected: true })
    const first = await textOf(chosen)
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => textOf(chosen)).not.toBe(first)
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => textOf(chosen)).toBe(first)
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => textOf(chosen)).not.toBe(first)
    await page.keyboard.type('no such thing')
    await page.getByRole('status').getByText('Nothing is called that.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('palette').waitFor({ state: 'detached' })
    await runByName(page, 'ferry early', PIECE)
    await page.getByRole('article', { name: PIECE }).waitFor()
    await runByName(page, 'setngs', 'Settings')
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
  })

  it('shows all shortcuts, and a chord of one’s own works, is kept, and says what it clashes with', async () => {
    const { page } = app
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Shortcuts' })
    await sheet.getByText('Show all shortcuts').waitFor()
    expect(await barriers(page)).toEqual([])
    await sheet.getByRole('button', { name: 'Change shortcuts' }).click()
    await page.getByRole('region', { name: 'Shortcuts' }).waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('searchbox', { name: 'Filter commands' }).fill('voice')
    await page.getByRole('button', { name: /^Keys for Voice: .* Change them$/ }).click()
    await page.keyboard.press('Control+k')
    await page.getByText('The same keys as Commands…').waitFor()
    expect(await page.getByTestId('palette').count()).toBe(0)
    await page.getByRole('button', { name: 'Keys for Voice: Ctrl+K. Change them' }).click()
    await page.keyboard.press('Alt+v')
    await page.getByRole('button', { name: 'Keys for Voice: Alt+V. Change them' }).waitFor()
    expect(await page.getByText('The same keys as').count()).toBe(0)
    await page.reload()
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
    await page.keyboard.press('Alt+v')
    await page.getByRole('heading', { level: 1, name: 'Voice' }).waitFor()
    await runByName(page, 'change short', 'Change shortcuts')
    await page.getByRole('button', { name: 'Reset all' }).click()
    await page.getByRole('button', { name: 'Reset all', disabled: true }).waitFor()
    await page.keyboard.press('Alt+v')
    await expect.poll(() => page.getByRole('heading', { level: 1, name: 'Settings' }).count()).toBe(1)
  })

  it('has settings without barriers, which say where everything is', async () => {
    const { page } = app
    await go(page, 'Settings')
    for (const name of SECTIONS) {
      await section(page, name)
      if (name === 'Privacy') {
        await expect.poll(() => textOf(page.getByTestId('data-folder'))).toBe(data)
        await page.getByText('Nothing else.').waitFor()
      }
      if (name === 'About') {
        await page.getByText('What it is built on').click()
        await page.getByRole('region', { name: 'What it is built on' }).getByText('Svelte').first().waitFor()
      }
      expect(await barriers(page), name).toEqual([])
      await picture(page, `${prefix}-settings-${name.toLowerCase()}`)
    }
    await section(page, 'Writing')
    await page.getByRole('combobox', { name: 'Free the model’s memory after' }).selectOption('30 minutes')
    await page.locator('label').filter({ hasText: 'passages of mine' }).click()
    await page.reload()
    await go(page, 'Settings')
    await section(page, 'Writing')
    const idle = page.getByRole('combobox', { name: 'Free the model’s memory after' })
    await expect.poll(() => idle.inputValue()).toBe('30')
    expect(await page.getByRole('switch', { name: /passages of mine/ }).isChecked()).toBe(false)
  })

  it('wears light, dark and high contrast, as chosen or as the system asks', async () => {
    const { page } = app
    await section(page, 'Appearance')
    const colours = page.getByRole('group', { name: 'Colours' })
    const usual = await ground(page)
    await colours.getByText('Dark', { exact: true }).click()
    await expect.poll(() => ground(page)).not.toBe(usual)
    await page.reload()
    await go(page, 'Settings')
    expect(await ground(page)).not.toBe(usual)
    await runByName(page, 'high contrast', 'Colours: High contrast')
    await expect.poll(() => ground(page)).toBe('rgb(255, 255, 255)')
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-contrast`)
    await runByName(page, 'colours system', 'Colours: System')
    await expect.poll(() => ground(page)).toBe(usual)
    await page.emulateMedia({ contrast: 'more' })
    await expect.poll(() => ground(page)).toBe('rgb(255, 255, 255)')
    await page.emulateMedia({ contrast: 'no-preference' })
    await expect.poll(() => ground(page)).toBe(usual)
    await page.emulateMedia({ forcedColors: 'active' })
    await page.getByRole('navigation', { name: 'Spaces' }).getByRole('button', { name: 'Settings' }).waitFor()
    await picture(page, `${prefix}-forced-colors`)
    await page.emulateMedia({ forcedColors: 'none' })
  })

  it('speaks German, with its numbers and dates, and keeps to it', async () => {
    const { page } = app
    await page.getByRole('group', { name: 'Language' }).getByText('Deutsch').click()
    await page.getByRole('heading', { level: 1, name: 'Einstellungen' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
    expect(await barriers(page)).toEqual([])
    await page.reload()
    const spaces = page.getByRole('navigation', { name: 'Bereiche' })
    await spaces.getByRole('button', { name: 'Bibliothek' }).click()
    await page.getByRole('heading', { level: 1, name: 'Bibliothek' }).waitFor()
    await picture(page, `${prefix}-german`)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Befehle' }).fill('English')
    await option(page, { name: 'Sprache: English', selected: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
  })

  it('holds text twice as large in the smallest window: nothing sticks out, every space can be reached', async () => {
    const { page } = app
    for (let times = 0; times < 5; times++) await runByName(page, 'larger text', 'Larger text')
    const size = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).fontSize)
    await expect.poll(size).toBe('32px')
    await page.setViewportSize({ width: 900, height: 600 })
    await go(page, 'Settings')
    for (const name of SECTIONS) {
      await section(page, name)
      expect(await clipped(page), name).toEqual([])
    }
    await section(page, 'Appearance')
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-large-text`)
    for (const space of ['Draft', 'Headlines', 'Chat', 'Library', 'Voice', 'Models'] as const) {
      await go(page, space)
      await picture(page, `${prefix}-large-text-${space.toLowerCase()}`)
    }
    for (let times = 0; times < 5; times++) await runByName(page, 'smaller text', 'Smaller text')
    await expect.poll(size).toBe('16px')
    await page.setViewportSize({ width: 3840, height: 2160 })
    // Larger on a very wide window, so that it is not lost there.
    await expect.poll(size).toBe('22px')
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  it('shows what runs in the foot, and says aloud that it ended', async () => {
    const { page } = app
    await go(page, 'Library')
    await page.getByRole('button', { name: 'Add writing' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Add writing' })
    await dialog.getByLabel('Or type').fill(path.join(projectFolder(), 'resources', 'sample'))
    // Whatever the foot says while it runs: a small folder may be read before anybody can look.
    const seen = page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          new MutationObserver(() => {
            const line = document.querySelector('aside [role="progressbar"]')?.getAttribute('aria-label')
            if (line) resolve(line)
          }).observe(document.body, { subtree: true, childList: true })
        }),
    )
    await page.keyboard.press('Enter')
    expect(await seen).toBe('Reading your writing')
    await dialog.getByTestId('import-done').waitFor()
    await expect.poll(() => textOf(page.getByTestId('announcement'))).toBe('Your writing has been read.')
    expect(await page.locator('aside [role="progressbar"]').count()).toBe(0)
    await dialog.getByRole('button', { name: 'Close' }).last().click()
  })

  it('ran without an error on the console or a request to another machine', () => {
    expect(app.trouble).toEqual([])
  })
}
