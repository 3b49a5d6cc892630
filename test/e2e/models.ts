/**
 * The Models space: a download that is paused, kept over a restart and gone on with, a measured speed, files of one's own
 * right and wrong, a change of base with its voices, removal. Written once for every window.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { runCli } from './host.ts'
import type { OpenApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'
import { tinyCatalog } from './tiny-catalog.ts'

export function modelsSpace(open: OpenApp, prefix: string): void {
  const temporary = temporaryFolder()

  it('fetches, pauses, goes on, measures, adds, changes and removes', async () => {
    const catalog = await tinyCatalog(temporary)
    const data = path.join(temporary, 'data')
    const writing = path.join(temporary, 'writing')
    mkdirSync(writing)
    const pieces = Array.from({ length: 12 }, (_, i): [string, string] => [
      `piece-${i}.md`,
      post({ title: `Piece ${i} of the harbour`, date: `2020-01-${10 + i}` }, prose(i, 120)),
    ])
    writeFiles(writing, Object.fromEntries(pieces))
    const { code, stderr } = await runCli(data, ['import', writing], catalog.env)
    expect(`${code} ${stderr}`).toMatch(/^0 /)

    const first = await open(data, catalog.env)
    await go(first.page, 'Models')
    const tiny = (page = first.page) => page.getByRole('article', { name: 'Tiny Starter' })
    await first.page.getByText('No base model is on this machine yet.').waitFor()
    await tiny().getByText('fits easily').waitFor()
    expect(await barriers(first.page)).toEqual([])
    catalog.hub.troubles.push('stall')
    await tiny().getByRole('button', { name: 'Download: Tiny Starter' }).click()
    await tiny().getByText('from Hugging Face hub (tiny/starter)').waitFor()
    await expect.poll(() => tiny().getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50')
    await tiny().getByRole('button', { name: 'Pause: Tiny Starter' }).click()
    await tiny().getByText('Paused at 50%').waitFor()
    await picture(first.page, `${prefix}-paused`)
    expect(await barriers(first.page)).toEqual([])
    await first.close()

    const second = await open(data, catalog.env)
    const { page } = second
    await go(page, 'Models')
    await tiny(page).getByText('Paused at 50%').waitFor()
    await tiny(page).getByRole('button', { name: 'Go on with the download: Tiny Starter' }).click()
    await tiny(page).getByText('In use').waitFor()
    expect(catalog.hub.requests.at(-1)?.range).toBe(`bytes=${Math.floor(catalog.hub.body.length / 2)}-`)

    await tiny(page).getByRole('button', { name: 'Measure: Tiny Starter' }).click()
    await tiny(page).getByText('tokens/s, measured').waitFor()
    await tiny(page)
      .getByText(/^about .+ of memory$/)
      .waitFor()

    await page.getByRole('button', { name: 'Add a file' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a model file' })
    const add = async (file: string): Promise<void> => {
      await dialog.getByRole('textbox', { name: 'Path' }).fill(file)
      await dialog.getByRole('button', { name: 'Use this path' }).click()
      await dialog.getByRole('button', { name: 'Try and add it' }).click()
    }
    await add(catalog.wrong)
    await dialog.getByText(`${catalog.wrong} cannot be used`).waitFor()
    expect(await barriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Change' }).click()
    await add(catalog.own)
    await dialog.waitFor({ state: 'hidden' })
    const own = page.getByRole('article', { name: 'own-model' })
    await own.getByText('your own file').waitFor()
    await own.getByText(/^about .+ tokens\/s$/).waitFor()
    await own.getByRole('button', { name: 'Use this: own-model' }).click()
    await own.getByText('In use').waitFor()
    await picture(page, `${prefix}-models`)
    expect(await barriers(page)).toEqual([])

    // Removed while in use: the other one serves again.
    await own.getByRole('button', { name: 'Remove: own-model' }).click()
    const confirm = page.getByRole('dialog', { name: 'Remove own-model?' })
    expect(await textOf(confirm)).toContain('The file itself stays where it is.')
    await confirm.getByRole('button', { name: 'Remove it' }).click()
    await own.waitFor({ state: 'detached' })
    await tiny(page).getByText('In use').waitFor()
    expect(second.trouble.filter((line) => !line.includes('422'))).toEqual([])
    await second.close()
    await catalog.hub.close()
  })
}
