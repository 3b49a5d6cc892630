/**
 * The window's own speed, in Chromium on the browser host: from `npm start` to interactive, a keystroke in Draft while a
 * voice is trained, and a library of ten thousand pieces scrolled and filtered. Its weight beside it.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { projectFolder } from '../../main/entries.ts'
import { runCli, startHost } from '../e2e/host.ts'
import { launchChromium, newPage, whyNoChromium } from '../e2e/open.ts'
import { go } from '../e2e/page.ts'
import { reachStep, train } from '../e2e/steps.ts'
import { windowSize } from '../helpers/window-size.ts'
import { median, spread } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

const STARTS = 5
const PIECES = 10_000
/** Most milliseconds. */
const START = 1500
const KEYSTROKE = 50
const FRAME = 100

const SENTENCE = 'The ferry came early that morning, and nobody had wound the clock. '

export async function windowPart({ base, quick, say }: BenchOptions): Promise<PartResult> {
  const why = whyNoChromium()
  if (why !== null) throw new Error(why)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'idiolect-window-'))
  const browser = await launchChromium()
  try {
    const models = path.dirname(base)
    const pieces = quick ? 500 : PIECES
    const large = await largeLibrary(folder, pieces)
    say(`A library of ${pieces} pieces is there.`)
    const starts: number[] = []
    for (let i = 0; i < (quick ? 1 : STARTS); i++)
      starts.push(await startOnce(browser, path.join(folder, 'start'), models))
    const keys = await keystrokes(browser, path.join(folder, 'draft'), models, quick)
    const frames = await libraryFrames(browser, large)
    const size = windowSize()
    const p95 = percentile(keys, 0.95)
    const worst = Math.max(...frames.scroll, ...frames.filter)
    const rows = [
      ['`npm start` to interactive, ms', spread(starts, 0)],
      [
        `a keystroke in Draft to its paint while training, ms (${keys.length} keys)`,
        `median ${median(keys).toFixed(0)}, p95 ${p95.toFixed(0)}`,
      ],
      [
        `frames while ${pieces} pieces scroll, ms`,
        `p95 ${percentile(frames.scroll, 0.95).toFixed(0)}, worst ${Math.max(...frames.scroll).toFixed(0)}`,
      ],
      [
        'frames while they are filtered, ms',
        `p95 ${percentile(frames.filter, 0.95).toFixed(0)}, worst ${Math.max(...frames.filter).toFixed(0)}`,
      ],
      ['the window, gzipped, kB', (size.all / 1000).toFixed(0)],
      ['its first view, gzipped, kB', (size.firstView / 1000).toFixed(0)],
    ]
    const kilo = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`
    return {
      tables: [
        {
          title: 'The window',
          head: ['what', 'measured'],
          rows,
          notes: ['A keystroke’s time runs from the key to the end of the frame that shows it.'],
        },
      ],
      bars: [
        {
          bar: '`npm start` to interactive',
          wanted: `${START} ms`,
          measured: `${median(starts).toFixed(0)} ms`,
          met: median(starts) < START,
        },
        {
          bar: 'a keystroke in Draft while training, p95',
          wanted: `${KEYSTROKE} ms`,
          measured: `${p95.toFixed(0)} ms`,
          met: p95 <= KEYSTROKE,
        },
        {
          bar: `longest frame over ${pieces} pieces`,
          wanted: `${FRAME} ms`,
          measured: `${worst.toFixed(0)} ms`,
          met: worst <= FRAME,
        },
        { bar: 'the window, gzipped', wanted: '900 kB', measured: kilo(size.all), met: size.all < 900_000 },
        {
          bar: 'the first view, gzipped',
          wanted: '250 kB',
          measured: kilo(size.firstView),
          met: size.firstView < 250_000,
        },
      ],
      data: { starts, keys, frames, size },
    }
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The smallest value that the share of all does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const ordered = [...values].sort((a, b) => a - b)
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? Number.NaN
}

/** A data folder with this many short pieces; no model, so that importing is reading alone. */
async function largeLibrary(folder: string, count: number): Promise<string> {
  const texts = path.join(folder, 'texts')
  mkdirSync(texts)
  for (let n = 0; n < count; n++) {
    const day = new Date(Date.UTC(2000, 0, 1 + (n % 9000))).toISOString().slice(0, 10)
    const matter = `---\ntitle: Piece ${n} on ${['ferries', 'clocks', 'weather', 'letters'][n % 4]}\ndate: ${day}\ntags: [t${n % 40}]\n---\n`
    writeFileSync(path.join(texts, `piece-${n}.md`), `${matter}\n${SENTENCE.repeat(4)}This is number ${n}.\n`)
  }
  const data = path.join(folder, 'large')
  await imported(data, texts, path.join(folder, 'no-models'))
  return data
}

async function imported(data: string, texts: string, models: string): Promise<void> {
  const child = await runCli(data, ['import', texts], { IDIOLECT_MODELS: models })
  if (child.code !== 0) throw new Error(`the import failed: ${child.stderr}`)
}

/** Milliseconds from the command to a navigation that answers. */
async function startOnce(browser: Browser, data: string, models: string): Promise<number> {
  const page = await newPage(browser)
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [path.join(projectFolder(), 'scripts', 'start.mjs'), '--browser', '--no-open', '--data', data, '--port', '0'],
    {
      env: { ...process.env, IDIOLECT_MODELS: models },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const found = /http:\/\/\S+#token=\S+/.exec(said)
        if (found) resolve(found[0])
      })
      child.once('close', () => reject(new Error(`the start ended: ${said}`)))
    })
    await page.goto(address)
    await page.getByTestId('first-start').getByRole('button').first().click({ trial: true })
    return performance.now() - began
  } finally {
    await page.context().close()
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

/** Milliseconds from each key to the end of its frame. */
async function keystrokes(browser: Browser, data: string, models: string, quick: boolean): Promise<number[]> {
  // Without a model: reading alone. The host embeds them later, as it does for a model that is fetched after the import.
  await imported(data, path.join(projectFolder(), 'resources', 'sample'), path.join(data, 'no-models'))
  const host = await startHost(data, { IDIOLECT_MODELS: models })
  const page = await newPage(browser)
  try {
    await page.goto(host.address)
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
    await train(page, { name: 'Bench', headlinesOnly: true, numbers: { Epochs: 50 } })
    await reachStep(page, 1)
    await go(page, 'Draft')
    await page.getByRole('button', { name: 'New draft' }).first().click()
    const text = page.getByRole('textbox', { name: 'The draft' })
    await text.click()
    await page.evaluate(() => {
      const all: number[] = []
      Object.assign(window, { keystrokes: all })
      // What is posted from a frame's callback arrives when that frame has been painted.
      const painted = (pressed: number): void => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => all.push(performance.now() - pressed)
        port2.postMessage(null)
      }
      const onkey = ({ timeStamp }: KeyboardEvent): void => void requestAnimationFrame(() => painted(timeStamp))
      addEventListener('keydown', onkey, { capture: true })
    })
    const typed = SENTENCE.repeat(quick ? 1 : 5)
    await page.keyboard.type(typed, { delay: 60 })
    await page.waitForFunction(
      (count) => (window as unknown as { keystrokes: number[] }).keystrokes.length >= count,
      typed.length,
    )
    return await page.evaluate(() => (window as unknown as { keystrokes: number[] }).keystrokes)
  } finally {
    await page.context().close()
    await host.stop()
  }
}

/** Milliseconds between frames while something is done in the page. */
async function framesWhile(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = []
    Object.assign(window, { frames, counting: true })
    let before = performance.now()
    const count = (): void => {
      const now = performance.now()
      frames.push(now - before)
      before = now
      if ((window as unknown as { counting: boolean }).counting) requestAnimationFrame(count)
    }
    requestAnimationFrame(count)
  })
  await work()
  return page.evaluate(() => {
    const own = window as unknown as { frames: number[]; counting: boolean }
    own.counting = false
    return own.frames
  })
}

async function libraryFrames(browser: Browser, data: string): Promise<{ scroll: number[]; filter: number[] }> {
  const host = await startHost(data, { IDIOLECT_MODELS: path.join(data, 'no-models') })
  const page = await newPage(browser)
  try {
    await page.goto(host.address)
    await page.getByRole('navigation', { name: 'Spaces' }).waitFor()
    await go(page, 'Library')
    const list = page.getByRole('list', { name: 'Your pieces' })
    await list.getByRole('button').first().waitFor()
    await list.getByRole('button').first().hover()
    const scroll = await framesWhile(page, async () => {
      for (let n = 0; n < 60; n++) {
        await page.mouse.wheel(0, n % 3 === 2 ? 20_000 : 600)
        await page.waitForTimeout(30)
      }
    })
    const box = page.getByRole('searchbox').first()
    await box.click()
    const filter = await framesWhile(page, async () => {
      await page.keyboard.type('letters 77', { delay: 80 })
      await page.waitForTimeout(1000)
      for (let n = 0; n < 10; n++) await page.keyboard.press('Backspace', { delay: 40 })
      await page.waitForTimeout(1000)
    })
    return { scroll, filter }
  } finally {
    await page.context().close()
    await host.stop()
  }
}
