/**
 * How long a suggested tag and a suggested score take, through the app's own services, on the sample author's
 * history: what the forecast of the spaces Tags and Ratings begins with (main/app/label-seconds.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createApp } from '../../main/app/app.ts'
import { median } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

export async function labelsPart({ base, quick, say }: BenchOptions): Promise<PartResult> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'idiolect-bench-'))
  const before = process.env.IDIOLECT_MODELS
  process.env.IDIOLECT_MODELS = path.join(home, 'models')
  // As the terminal: nothing else is computed beside it.
  const app = await createApp({ dataFolder: path.join(home, 'data'), host: 'terminal' })
  try {
    const { handlers } = app
    const { sampleFolder } = await handlers['app.info']({})
    await handlers['library.import']({ request: 'import', paths: [sampleFolder] })
    const added = await handlers['models.add']({ request: 'add', file: base, as: 'chat' })
    await handlers['models.use']({ model: added.id })
    const { documents } = await handlers['library.list']({ status: 'mine', limit: quick ? 3 : 20 })
    const seconds = { tag: [] as number[], rate: [] as number[] }
    for (const [i, { id }] of documents.entries()) {
      const { text } = await handlers['library.get']({ document: id })
      for (const task of ['tag', 'rate'] as const) {
        const began = performance.now()
        const request = `${task}-${i}`
        if (task === 'tag') await handlers['tag.suggest']({ request, text, voice: null })
        else await handlers['rate.suggest']({ request, text, voice: null })
        // The first loads the model.
        if (i > 0) seconds[task].push((performance.now() - began) / 1000)
      }
      say(`labels: piece ${i + 1} of ${documents.length}`)
    }
    const words = median(documents.map((piece) => piece.words))
    const row = (name: string, all: number[]): string[] => [name, median(all).toFixed(2), Math.max(...all).toFixed(2)]
    return {
      tables: [
        {
          title: 'labels: seconds of one suggestion',
          head: ['suggestion', 'median', 'slowest'],
          rows: [row('tags', seconds.tag), row('a score', seconds.rate)],
          notes: [
            `${documents.length} pieces of some ${Math.round(words)} words, without a voice, with an earlier piece shown.`,
          ],
        },
      ],
      bars: [],
      data: { seconds, words },
    }
  } finally {
    await app.close()
    if (before === undefined) delete process.env.IDIOLECT_MODELS
    else process.env.IDIOLECT_MODELS = before
    rmSync(home, { recursive: true, force: true })
  }
}
