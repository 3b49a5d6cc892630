/**
 * The Models space: a download that is given up, paused, kept over a restart and gone on with, a measured speed, files of
 * one's own right and wrong, a change of base with its voices, which rest and are trained again, removal in mid-use.
 * Written once for every window.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { MINILM } from '../helpers/models.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { runCli } from './host.ts'
import type { OpenApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'
import { ask, TRAINING } from './steps.ts'
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
    // What came may be given up; then it begins anew.
    await tiny().getByRole('button', { name: 'Discard what has come: Tiny Starter' }).click()
    catalog.hub.troubles.push('stall')
    await tiny().getByRole('button', { name: 'Download: Tiny Starter' }).click()
    await expect.poll(() => tiny().getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50')
    expect(catalog.hub.requests.at(-1)?.range).toBeUndefined()
    await tiny().getByRole('button', { name: 'Pause: Tiny Starter' }).click()
    await tiny().getByText('Paused at 50%').waitFor()
    await first.close()

    const second = await open(data, catalog.env)
    const { page } = second
    await go(page, 'Models')
    await tiny(page).getByText('Paused at 50%').waitFor()
    await tiny(page).getByRole('button', { name: 'Go on with the download: Tiny Starter' }).click()
    await tiny(page).getByText('In use').waitFor()
    expect(catalog.hub.requests.at(-1)?.range).toBe(`bytes=${Math.floor(catalog.hub.body.length / 2)}-`)

    await tiny(page).getByRole('button', { name: 'Measure: Tiny Starter' }).click()
    await tiny(page).getByText('words/s, measured').waitFor()
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
    await own.getByText(/^about .+ words\/s$/).waitFor()

    // What writes text is no search model, and is told so.
    await page.getByRole('button', { name: 'Add a file' }).click()
    await dialog.getByRole('textbox', { name: 'Path' }).fill(catalog.own)
    await dialog.getByRole('button', { name: 'Use this path' }).click()
    await dialog.getByText('For search by meaning').click()
    await dialog.getByRole('button', { name: 'Try and add it' }).click()
    await dialog.getByText('is no embedder').waitFor()
    if (MINILM !== null) {
      await dialog.getByRole('button', { name: 'Change' }).click()
      await add(MINILM)
      await dialog.waitFor({ state: 'hidden' })
      const search = page.getByRole('region', { name: 'For search by meaning' })
      await search.getByRole('article').getByText('In use').waitFor()
      expect(await search.getByText('No search model is installed').count()).toBe(0)
    } else {
      await dialog.getByRole('button', { name: 'Close' }).first().click()
      await page.getByText('No search model is installed').waitFor()
    }

    // What was refused is told until it is put away.
    const dismiss = page.getByTestId('notice').getByRole('button', { name: 'Dismiss' })
    for (let left = await dismiss.count(); left > 0; left--) await dismiss.first().click()

    // A voice of the starter's: it rests while another base is in use, and comes back with its own.
    const voice = path.join(temporary, 'edda.gguf')
    randomVoice(voice, path.join(temporary, 'models', 'tiny-starter.gguf'), { name: 'Edda' })
    await go(page, 'Voice')
    await page.getByRole('button', { name: 'Import a voice' }).click()
    const importing = page.getByRole('dialog', { name: 'Import a voice' })
    await importing.getByRole('textbox', { name: 'Path' }).fill(voice)
    await importing.getByRole('button', { name: 'Use this path' }).click()
    await importing.waitFor({ state: 'hidden' })
    await page.locator('label', { has: page.getByRole('switch', { name: 'Write in the voice Edda' }) }).click()
    await page.getByText('Writing in “Edda”').waitFor()
    await go(page, 'Models')
    await own.getByRole('button', { name: 'Use this: own-model' }).click()
    await own.getByText('In use').waitFor()
    await page.getByRole('button', { name: '“Edda” rests: it cannot write on this base model' }).waitFor()
    await picture(page, `${prefix}-models`)
    expect(await barriers(page)).toEqual([])
    await go(page, 'Chat')
    const resting = page.getByTestId('resting')
    await expect.poll(() => textOf(resting)).toContain('“Edda” was trained on another base model (Tiny Starter)')
    expect(await page.getByRole('switch', { name: 'Voice' }).isDisabled()).toBe(true)
    expect(await barriers(page)).toEqual([])
    await resting.getByRole('button', { name: 'Go back to Tiny Starter' }).click()
    await page.getByText('Writing in “Edda”').waitFor()
    expect(await resting.count()).toBe(0)
    await go(page, 'Models')
    await own.getByRole('button', { name: 'Use this: own-model' }).click()
    const others = page.getByRole('complementary', { name: 'Voices of another base' })
    await others.getByRole('listitem').filter({ hasText: 'Edda' }).getByRole('button', { name: 'Train again' }).click()
    await page.getByRole('heading', { level: 1, name: 'Voice' }).waitFor()
    await page.getByRole('heading', { level: 2, name: 'Edda (own-model)' }).waitFor({ timeout: TRAINING })
    await page.getByTestId('proof').waitFor()

    // Removed while in use and while it writes: what was asked is not lost, and the other one serves again.
    await go(page, 'Chat')
    await ask(page, 'Who goes there?')
    await go(page, 'Models')
    await own.getByRole('button', { name: 'Remove: own-model' }).click()
    const confirm = page.getByRole('dialog', { name: 'Remove own-model?' })
    await expect.poll(() => textOf(confirm)).toContain('The file itself stays where it is.')
    await confirm.getByRole('button', { name: 'Remove it' }).click()
    await own.waitFor({ state: 'detached' })
    await tiny(page).getByText('In use').waitFor()
    await go(page, 'Chat')
    await page.getByRole('navigation', { name: 'Conversations' }).getByText('Who goes there?').click()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    expect(second.trouble.filter((line) => !line.includes('422'))).toEqual([])
    await second.close()
    await catalog.hub.close()
  })
}
