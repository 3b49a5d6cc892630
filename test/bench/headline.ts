/**
 * From asking for a headline to its first token, for pieces that nothing was computed for: through the app's services, on
 * a library of one author's pieces, with the stages apart; and from one candidate's end to the next one's first token.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createApp } from '../../main/app/app.ts'
import { shownBeside } from '../../main/app/library/shown.ts'
import { writeHeadlines } from '../../main/assistant/headline.ts'
import { projectFolder } from '../../main/entries.ts'
import { machineThreads } from '../../main/inference/threads.ts'
import type { Base, Embedder } from '../../main/inference/types.ts'
import { splitFrontMatter } from '../../main/library/front-matter.ts'
import { median, spread } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

type App = Awaited<ReturnType<typeof createApp>>

const WORDS = { least: 650, most: 950 }
const LIBRARY = 120

/** Milliseconds, but for tokens; `processor` of all threads together. */
interface Headline {
  first: number
  processor: number
  retrieval: number
  embedding: number
  prompt: number
  /** From the prompt to the first token. */
  prefill: number
  next: number
}

export async function headlinePart(options: BenchOptions): Promise<PartResult> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'idiolect-bench-'))
  const before = process.env.IDIOLECT_MODELS
  process.env.IDIOLECT_MODELS = path.join(home, 'models')
  const app = await createApp({ dataFolder: path.join(home, 'data'), host: 'terminal' })
  try {
    const unseen = await library(app, home, options)
    const results: Record<number, Headline[]> = {}
    for (const k of [1, 2]) {
      // The first answer loads the models, builds the index and makes the context; it is of no piece that counts.
      await headline(app, `${unseen[0]} ${k}`.split('\n\n').reverse().join('\n\n'), k)
      results[k] = []
      for (const [n, text] of unseen.entries()) {
        options.say(`headline: ${k} shown, piece ${n + 1} of ${unseen.length}`)
        results[k].push(await headline(app, text, k))
      }
    }
    return report(options, results)
  } finally {
    await app.close()
    if (before === undefined) delete process.env.IDIOLECT_MODELS
    else process.env.IDIOLECT_MODELS = before
    rmSync(home, { recursive: true, force: true })
  }
}

/** Imports an author's pieces but for some of the wanted length. @returns the texts of those */
async function library(app: App, home: string, { base, quick, say }: BenchOptions): Promise<string[]> {
  const { handlers } = app
  const { id } = await handlers['models.add']({ request: 'add', file: base, as: 'chat' })
  await handlers['models.use']({ model: id })
  const shared = path.join(projectFolder(), '..', 'shared')
  const embedder = path.join(shared, 'models', 'all-MiniLM-L6-v2.Q8_0.gguf')
  if (existsSync(embedder)) await handlers['models.add']({ request: 'embed', file: embedder, as: 'embedder' })
  const author = path.join(shared, 'data', 'raw', 'nullprogram-skeeto')
  const from = existsSync(author) && !quick ? author : path.join(projectFolder(), 'resources', 'sample')
  const bodyOf = (name: string): string => {
    const matter = splitFrontMatter(readFileSync(path.join(from, name), 'utf8'))
    return 'reason' in matter ? '' : matter.body
  }
  const files = readdirSync(from).filter((name) => /\.(md|markdown)$/.test(name))
  const length = (name: string): number => bodyOf(name).split(/\s+/).length
  const right = files.filter((name) => length(name) >= WORDS.least && length(name) <= WORDS.most)
  const unseen = (right.length > 0 ? right : files).slice(-(quick ? 2 : 6))
  const folder = path.join(home, 'writing')
  mkdirSync(folder)
  const learnt = files.filter((name) => !unseen.includes(name)).slice(-LIBRARY)
  for (const name of learnt) copyFileSync(path.join(from, name), path.join(folder, name))
  say(`headline: reading ${learnt.length} pieces of ${path.basename(from)}`)
  await handlers['library.import']({ request: 'import', paths: [folder] })
  return unseen.map(bodyOf)
}

async function headline(app: App, text: string, k: number): Promise<Headline> {
  const { bases } = app.context
  const signal = new AbortController().signal
  const began = performance.now()
  const processor = process.cpuUsage()
  let embedding = 0
  // The embedder is told apart from the search around it.
  const context = {
    ...app.context,
    bases: {
      ...bases,
      withEmbedder: <T>(work: (embedder: Embedder | null) => Promise<T>): Promise<T> =>
        bases.withEmbedder((embedder) => {
          if (embedder === null) return work(null)
          const embed: Embedder['embed'] = async (texts, given) => {
            const start = performance.now()
            const vectors = await embedder.embed(texts, given)
            embedding += performance.now() - start
            return vectors
          }
          return work({ ...embedder, embed })
        }),
    },
  }
  const shown = await shownBeside(context, 'headline', text, { retrieval: true, profile: false, k }, signal)
  const retrieval = performance.now() - began
  let prompt = 0
  let asked = 0
  let first = Number.NaN
  let used = Number.NaN
  let ended = Number.NaN
  let next = Number.NaN
  await bases.withBase((base) => {
    const watched: Base = {
      ...base,
      generate(tokens, given) {
        prompt = tokens.length
        if (asked === 0) asked = performance.now()
        return base.generate(tokens, given)
      },
    }
    return writeHeadlines({
      base: watched,
      builder: shown.builder(base),
      text,
      retrieved: shown.pairs,
      prompt: shown.prompt,
      count: 2,
      onText(index) {
        const now = performance.now()
        if (index === 0 && Number.isNaN(first)) {
          first = now - began
          const { user, system } = process.cpuUsage(processor)
          used = (user + system) / 1000
        }
        if (!Number.isNaN(ended) && Number.isNaN(next)) next = now - ended
      },
      onCandidate() {
        if (Number.isNaN(ended)) ended = performance.now()
      },
    })
  })
  return { first, processor: used, retrieval, embedding, prompt, prefill: began + first - asked, next }
}

function report({ base, quick }: BenchOptions, results: Record<number, Headline[]>): PartResult {
  const of = (all: Headline[], key: keyof Headline): string =>
    spread(
      all.map((each) => each[key]),
      0,
    )
  const rows = Object.entries(results).map(([k, all]) => [
    k,
    of(all, 'prompt'),
    of(all, 'first'),
    of(all, 'processor'),
    of(all, 'retrieval'),
    of(all, 'embedding'),
    of(all, 'prefill'),
    of(all, 'next'),
  ])
  const two = results[2] ?? []
  const middle = (key: keyof Headline): number => median(two.map((each) => each[key]))
  return {
    tables: [
      {
        title: `First token of a headline: ${path.basename(base)}, ${machineThreads().chat} threads (milliseconds)`,
        head: [
          'pieces shown',
          'prompt tokens',
          'first token',
          'processor',
          'search',
          'of it embedding',
          'prefill',
          'next',
        ],
        rows,
        notes: [
          `${two.length} unseen pieces each${quick ? ' (quick: not to be quoted)' : ''}; median and whole spread. Nothing of a prompt is in the cache; the models are loaded and the index is built.`,
        ],
      },
    ],
    bars: [
      {
        bar: 'first token of a headline, two pieces shown',
        wanted: 'under 2.5 s',
        measured: `${(middle('first') / 1000).toFixed(2)} s`,
        met: middle('first') < 2500,
      },
      {
        bar: 'next candidate of the same piece',
        wanted: 'under 300 ms',
        measured: `${middle('next').toFixed(0)} ms`,
        met: middle('next') < 300,
      },
    ],
    data: results,
  }
}
