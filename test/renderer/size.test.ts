/** What the window weighs, gzipped: it must open at once on a slow disk too. */
import { expect, it } from 'vitest'
import { whyNoWindow, windowSize } from '../helpers/window-size.ts'

const why = whyNoWindow()

it.skipIf(why !== null)(`all of it under 900 kB, the first view under 250 kB${why ? ` (skipped: ${why})` : ''}`, () => {
  const { all, firstView, files } = windowSize()
  // The page, its code, its styles and its fonts were all found.
  for (const kind of ['html', 'js', 'css', 'woff2']) expect(files.some(({ name }) => name.endsWith(kind))).toBe(true)
  expect(all).toBeLessThan(900_000)
  expect(firstView, files.map(({ name, bytes }) => `${name} ${bytes}`).join('\n')).toBeLessThan(250_000)
})
