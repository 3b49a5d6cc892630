/**
 * The first start as a new user meets it: writing comes in as files, pasted, dropped and as a folder, a window is opened
 * anew in the middle, the host is killed in the middle, there is no network, and a voice is trained from the offer.
 * Written once for every window.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import type { OpenApp } from './open.ts'
import { barriers, go, picture, textOf } from './page.ts'
import { lookAround, proofShown } from './steps.ts'
import { tinyCatalog } from './tiny-catalog.ts'

const PIECES = 600

function writeLibrary(folder: string, pieces: number): string {
  mkdirSync(folder, { recursive: true })
  const files = Array.from({ length: pieces }, (_, i): [string, string] => [
    `${2000 + (i % 20)}/piece-${i}.md`,
    post({ title: `Piece ${i}`, date: `${2000 + (i % 20)}-03-04`, tags: '[harbour]' }, prose(i, 120)),
  ])
  return writeFiles(folder, { ...Object.fromEntries(files), 'notes.xyz': 'not read' })
}

export function firstStart(open: OpenApp, prefix: string): void {
  const temporary = temporaryFolder()

  it('takes files and pasted texts, and says what to do without a network', async () => {
    const catalog = await tinyCatalog(path.join(temporary, 'first'))
    // Nobody answers there any more.
    await catalog.hub.close()
    const writing = writeLibrary(path.join(temporary, 'few'), 3)
    const app = await open(path.join(temporary, 'first', 'data'), catalog.env)
    const { page } = app
    await page.getByTestId('first-start').waitFor()
    await page.getByText('No account, and nothing you write leaves this machine.').waitFor()
    expect(await barriers(page)).toEqual([])

    await page
      .getByTestId('machine')
      .getByText('It can run every base model of the list, up to Tiny Starter.')
      .waitFor()
    await page.getByText('What this machine can run').click()
    await page
      .getByRole('row', { name: /Tiny Starter/ })
      .getByText('runs easily')
      .waitFor()

    await page.getByRole('button', { name: 'Paste a text' }).click()
    const text = page.getByRole('textbox', { name: 'Your text' })
    await text.fill('# שלום, tea 🍵\n\nA first line that was pasted, and a second one after it.')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Add this text' }).click()
    const found = page.getByTestId('import-done')
    await found.getByText('1 piece, ').waitFor()
    // The starter was asked for meanwhile, and could not come.
    await page.getByText('Tiny Starter could not be fetched from any source.').first().waitFor()
    await page.getByRole('button', { name: 'Add a file' }).first().waitFor()
    await picture(page, `${prefix}-no-network`)
    expect(await barriers(page)).toEqual([])

    await page.getByRole('button', { name: 'Add more writing' }).click()
    await page
      .getByRole('textbox', { name: 'Or type the folder’s path' })
      .fill(path.join(writing, '2001', 'piece-1.md'))
    await page.getByRole('button', { name: 'Read this folder' }).click()
    await found.getByText('2 pieces, ').waitFor()
    await page.getByRole('button', { name: 'Add more writing' }).click()
    await page.getByRole('textbox', { name: 'Or type the folder’s path' }).fill(path.join(temporary, 'nowhere'))
    await page.getByRole('button', { name: 'Read this folder' }).click()
    await page.getByTestId('notice').getByText('nowhere does not exist').waitFor()
    // What was typed is there to be mended.
    const typed = page.getByRole('textbox', { name: 'Or type the folder’s path' })
    expect(await typed.inputValue()).toBe(path.join(temporary, 'nowhere'))
    await page.getByTestId('notice').getByRole('button', { name: 'Dismiss' }).click()

    // Dropped on a page, which sees no paths: by what is in them.
    if (app.address !== null) {
      const dropped = await page.evaluateHandle(() => {
        const data = new DataTransfer()
        data.items.add(new File(['# Dropped\n\nA dropped piece of some words.'], 'dropped.md'))
        return data
      })
      for (const event of ['dragover', 'drop']) await page.dispatchEvent('body', event, { dataTransfer: dropped })
      await found.getByText('3 pieces, ').waitFor()
    }

    await page.getByRole('button', { name: 'Add a file' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Add a model file' })
    await dialog.getByRole('textbox', { name: 'Path' }).fill(catalog.own)
    await dialog.getByRole('button', { name: 'Use this path' }).click()
    await dialog.getByRole('button', { name: 'Try and add it' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('The base model is ready: own-model.').waitFor()
    await lookAround(page)
    expect(app.trouble.filter((line) => !line.includes('422'))).toEqual([])

    // The first start does not come back.
    await page.reload()
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
    await app.close()
  })

  it('goes on where it was, in a window opened anew and after a kill', async () => {
    const catalog = await tinyCatalog(path.join(temporary, 'second'))
    const data = path.join(temporary, 'second', 'data')
    const writing = writeLibrary(path.join(temporary, 'many'), PIECES)
    const first = await open(data, catalog.env)
    // What is fetched meanwhile stands still in its middle.
    catalog.hub.troubles.push('stall')
    await first.page.getByRole('textbox', { name: 'Or type the folder’s path' }).fill(writing)
    await first.page.getByRole('button', { name: 'Read this folder' }).click()
    await first.page.getByRole('heading', { name: 'Reading your writing' }).waitFor()
    await first.page.reload()
    // It is read on, or already was; either way the window finds it, and the download.
    const seen = first.page
      .getByRole('heading', { name: 'Reading your writing' })
      .or(first.page.getByTestId('import-done'))
    await seen.waitFor()
    // Some of it is there by now, so that there is something to go on from.
    const fetched = first.page.getByRole('progressbar', { name: /^Fetching Tiny Starter/ })
    await expect.poll(async () => Number(await fetched.getAttribute('aria-valuenow'))).toBeGreaterThan(0)
    await first.kill()

    const second = await open(data, catalog.env)
    const { page } = second
    const found = page.getByTestId('import-done')
    await found.getByText(`${PIECES} pieces, `).waitFor()
    await found.getByText('1 file was left out, and why').waitFor()
    // The download went on by itself, from where it stood.
    await page.getByText('The base model is ready: Tiny Starter.').waitFor()
    expect(catalog.hub.requests.at(-1)?.range).toMatch(/^bytes=\d+-$/)
    await page.getByText(`From ${PIECES} pieces`).waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-found-again`)
    await page.reload()
    await found.getByText('1 file was left out, and why').waitFor()
    await lookAround(page)
    await go(page, 'Models')
    const card = page.getByRole('article', { name: 'Tiny Starter' })
    await expect.poll(() => textOf(card)).toContain('In use')
    expect(second.trouble).toEqual([])
    await second.close()
    await catalog.hub.close()
  })

  it('fetches the model for what is dropped, trains from the offer, and asks before a larger base is used', async () => {
    const catalog = await tinyCatalog(path.join(temporary, 'third'), { larger: true })
    const writing = writeLibrary(path.join(temporary, 'dropped'), 24)
    const app = await open(path.join(temporary, 'third', 'data'), catalog.env)
    const { page } = app
    await page.getByTestId('first-start').waitFor()
    if (app.address === null) {
      // Electron takes drops by their paths, which only a hand can drop.
      await page.getByRole('textbox', { name: 'Or type the folder’s path' }).fill(writing)
      await page.getByRole('button', { name: 'Read this folder' }).click()
    } else {
      const texts = Array.from({ length: 24 }, (_, i) =>
        post({ title: `Piece ${i}`, date: '2020-03-04' }, prose(i, 120)),
      )
      const dropped = await page.evaluateHandle((all) => {
        const data = new DataTransfer()
        for (const [i, text] of all.entries()) data.items.add(new File([text], `piece-${i}.md`))
        return data
      }, texts)
      for (const event of ['dragover', 'drop']) await page.dispatchEvent('body', event, { dataTransfer: dropped })
    }
    await page.getByTestId('import-done').getByText('24 pieces, ').waitFor()
    await page.getByText('The base model is ready: Tiny Starter.').waitFor()

    await page.getByText('This machine can do more: Tiny Larger.').waitFor()
    await expect.poll(() => textOf(page.getByTestId('machine'))).toMatch(/Tiny Starter writes .+ words\/s, measured\./)
    expect(await barriers(page)).toEqual([])
    await picture(page, `${prefix}-recommended`)
    let arrive = (): void => {}
    catalog.hub.gate = new Promise((resolve) => {
      arrive = resolve
    })
    await page.getByRole('button', { name: /^Fetch it/ }).click()
    await page.getByTestId('train-button').click()
    await page.getByRole('heading', { level: 1, name: 'Voice' }).waitFor()
    arrive()
    // It has come beside a training: the base stays until its owner says otherwise.
    const offer = page.getByRole('button', { name: 'Tiny Larger is here. Use it?' })
    await offer.waitFor()
    const proof = await proofShown(page)
    expect(proof.text).not.toBe('')
    await offer.click()
    const asked = page.getByRole('complementary', { name: 'Tiny Larger is here. Use it?' })
    expect(await barriers(page)).toEqual([])
    await asked.getByRole('button', { name: 'Stay with the one in use' }).click()
    await offer.waitFor({ state: 'detached' })
    await page.getByRole('article', { name: 'Tiny Starter' }).getByText('In use').waitFor()
    expect(app.trouble).toEqual([])
    await app.close()
    await catalog.hub.close()
  })
}
