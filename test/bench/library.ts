/**
 * A library of 10,000 pieces in the window: bytes and time of its calls, and the longest frame while its list is
 * scrolled and filtered. Made by the store itself, without files: `makeLibrary`; measured in Chromium on the built app.
 */
import type { Browser, Page } from 'playwright-core'
import { cutPassages } from '../../main/library/cut.ts'
import { openStore } from '../../main/store/store.ts'
import { inChromium } from '../e2e/open.ts'
import { go } from '../e2e/page.ts'
import { prose } from '../helpers/library.ts'

const TAGS = Array.from({ length: 120 }, (_, n) => `tag ${n}`)
const TITLE_WORDS = ['Harbour', 'Lamp', 'Winter', 'Ledger', 'Letters', 'Kettle', 'Tide', 'Clock', 'Stair', 'Brass']

/** Writes `pieces` pieces of 150 to 450 words, over 20 years and 40 folders, all the owner's. */
export async function makeLibrary(data: string, pieces = 10_000): Promise<void> {
  const store = await openStore(data)
  store.transaction(() => {
    for (let n = 0; n < pieces; n++) {
      const words = 150 + ((n * 37) % 300)
      const text = prose(n, words)
      const id = `piece-${n}`
      const date = new Date(Date.UTC(2005, 0, 1 + Math.floor((n * 7300) / pieces))).toISOString().slice(0, 10)
      const name = TITLE_WORDS[n % TITLE_WORDS.length]
      store.documents.put(
        {
          ...{ id, path: `/writing/folder ${n % 40}/${id}.md`, hash: id, size: text.length, mtime: 0 },
          ...{ title: `${name} and ${TITLE_WORDS[(n * 3) % TITLE_WORDS.length]}, ${n}`, date, rating: null, words },
          ...{ tags: [TAGS[n % 120] as string, TAGS[(n * 7) % 120] as string], kind: 'markdown', authors: [] },
          ...{ draft: false, text, reader: 1 },
        },
        cutPassages(text).map((passage, position) => ({ id: `${id}-${position}`, position, text: passage })),
      )
      store.documents.setClaim(id, 'mine', null)
    }
  })
  await store.close()
}

export interface LibraryFigures {
  listBytes: number
  listMs: number
  findMs: number
  /** Milliseconds between two frames: the longest, and the 95th percentile. */
  scroll: { longest: number; p95: number }
  filter: { longest: number; p95: number }
}

export async function measureLibrary(browser: Browser, data: string): Promise<LibraryFigures> {
  const app = await inChromium(() => browser)(data)
  try {
    const { page } = app
    await go(page, 'Library')
    const list = page.getByRole('list', { name: 'Your pieces' })
    await list.waitFor()
    const calls = await page.evaluate(async () => {
      const headers = {
        'content-type': 'application/json',
        'x-idiolect-token': sessionStorage.getItem('idiolect-token') ?? '',
      }
      const timed = async (name: string, input: object): Promise<{ ms: number; bytes: number }> => {
        const began = performance.now()
        const text = await (
          await fetch(`/api/call/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })
        ).text()
        JSON.parse(text)
        return { ms: performance.now() - began, bytes: text.length }
      }
      return [await timed('library.list', {}), await timed('library.find', { query: 'lamp harbour' })]
    })
    const box = await list.boundingBox()
    await page.mouse.move((box?.x ?? 0) + 50, 500)
    const scroll = await frames(page, async () => {
      for (let n = 0; n < 40; n++) await page.mouse.wheel(0, n % 10 === 9 ? 60_000 : 900)
    })
    const filter = await frames(page, async () => {
      await page.getByRole('button', { name: /^2012: / }).click()
      await page.getByRole('button', { name: /^2012: / }).click()
      await page.getByRole('group', { name: 'Tags' }).getByRole('button').first().click()
      await page.getByRole('combobox', { name: 'Order' }).selectOption('title')
      await page.getByRole('group', { name: 'Tags' }).getByRole('button').first().click()
      await page.getByRole('searchbox', { name: 'Search in words and meaning' }).pressSequentially('harbour lamp', {
        delay: 40,
      })
      await list.locator('mark').first().waitFor()
    })
    return {
      listBytes: calls[0]?.bytes ?? 0,
      listMs: calls[0]?.ms ?? 0,
      findMs: calls[1]?.ms ?? 0,
      scroll,
      filter,
    }
  } finally {
    await app.close()
  }
}

async function frames(page: Page, work: () => Promise<void>): Promise<{ longest: number; p95: number }> {
  await page.evaluate(() => {
    const times: number[] = []
    Object.assign(window, { frameTimes: times })
    let last = performance.now()
    const next = (now: number): void => {
      times.push(now - last)
      last = now
      if ('frameTimes' in window) requestAnimationFrame(next)
    }
    requestAnimationFrame(next)
  })
  await work()
  const times = await page.evaluate(() => {
    const kept = (window as unknown as { frameTimes?: number[] }).frameTimes ?? []
    Reflect.deleteProperty(window, 'frameTimes')
    return kept.slice(1)
  })
  times.sort((a, b) => a - b)
  return { longest: times.at(-1) ?? 0, p95: times[Math.floor(times.length * 0.95)] ?? 0 }
}
