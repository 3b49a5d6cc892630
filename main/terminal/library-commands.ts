/** `import` and `search`. */
import path from 'node:path'
import type { Command } from 'commander'
import { createProgress, type GlobalOptions, numberOption, print, withApp } from './terminal.ts'

const STAGES = {
  finding: 'Finding files',
  reading: 'Reading',
  embedding: 'Learning where things stand',
  indexing: 'Indexing',
}

function withoutEmbedder(passages: { count(): number; embeddedCount(): number }): string {
  return `No sentence embedder is installed: passages are found by words, and ${passages.embeddedCount()} of ${passages.count()} by the base model's own states too. \`models add FILE --as embedder\` finds better by meaning.`
}

export function libraryCommands(program: Command): void {
  program
    .command('import')
    .description('read a folder or files of writing into the library')
    .argument('<paths...>', 'folders or files (Markdown, plain text, HTML, Word)')
    .action(async (paths: string[], _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await withApp(options, async (app) => {
        const progress = createProgress()
        app.events.on((name, event) => {
          if (name !== 'import.progress' || !('done' in event)) return
          progress.show(`${STAGES[event.stage]} ${event.done} of ${event.total}`)
        })
        const absolute = paths.map((one) => (one.trim() === '' ? '' : path.resolve(one)))
        const report = await app.handlers['library.import']({ request: 'import', paths: absolute })
        progress.done()
        const { embedder } = await app.handlers['app.state']({})
        if (embedder === null) process.stderr.write(`${withoutEmbedder(app.context.store.passages)}\n`)
        const { documents, passages, unchanged, questions } = report
        const skipped = report.skipped.map(({ path: file, reason }) => ({ path: file, reason }))
        print(options, { documents, passages, unchanged, skipped, questions }, () => [
          `${documents} pieces read, ${unchanged} unchanged, ${passages} passages`,
          ...skipped.map((file) => `skipped ${file.path}: ${file.reason}`),
          ...questions.map(
            (q) =>
              `${q.documents} set aside: ${q.kind === 'draft' ? 'drafts' : `by ${q.author}`} (${q.examples.join('; ')})`,
          ),
        ])
      })
    })

  program
    .command('search')
    .description('find passages by words and meaning')
    .argument('<query>')
    .option('-k <n>', 'how many passages', numberOption('k', 1, 100, true), 8)
    .option('--before <date>', 'only what was written before this date')
    .action(async (query: string, own: { k: number; before?: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await withApp(options, async (app) => {
        const { k, before } = own
        const { passages } = await app.handlers['library.search']({ query, k, ...(before ? { before } : {}) })
        const result = passages.map(({ document, path, date, text, score }) => ({ document, path, date, text, score }))
        print(options, { passages: result }, () =>
          passages.length === 0
            ? ['nothing found']
            : passages.map(
                (hit) =>
                  `${hit.title}${hit.date ? ` (${hit.date})` : ''}\n  ${hit.text.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
              ),
        )
      })
    })
}
