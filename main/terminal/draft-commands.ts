/** `drafts`: what stands in the window's drafts, written out; and `rewrite`: a text said otherwise. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { DraftFormat, RewriteHow } from '../../preload/contract.ts'
import { readDocument } from '../drafts/documents.ts'
import { IdiolectError } from '../errors.ts'
import { whyUnreachable } from '../library/find.ts'
import { type GlobalOptions, print, withApp } from './terminal.ts'
import { generation, saySilent, sourceFacts, sourceLine, type WriteOptions, writeOptions } from './write-options.ts'

const FORMATS: Record<string, DraftFormat> = {
  '.md': 'md',
  '.markdown': 'md',
  '.txt': 'md',
  '.html': 'html',
  '.htm': 'html',
  '.docx': 'docx',
}

export function draftCommands(program: Command): void {
  const drafts = program
    .command('drafts')
    .description('the drafts, last changed first')
    .argument('[text]', 'only those that contain it')
    .action(async (text: string | undefined, _: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      await withApp(options, async (app) => {
        const found = await app.handlers['draft.list'](text === undefined ? {} : { text })
        print(options, { drafts: found }, () =>
          found.length === 0
            ? ['no drafts']
            : found.map(
                ({ id, title, at, words }) => `${id}  ${at.slice(0, 10)}  ${words} words  ${title || '(untitled)'}`,
              ),
        )
      })
    })
  drafts
    .command('export')
    .description('write a draft to a file; by its suffix Markdown, HTML or Word')
    .argument('<id>', 'as `drafts` lists it, or its beginning')
    .argument('<file>', 'a .md, .txt, .html or .docx file')
    .option('--replace', 'also over a file that this draft did not write')
    .action(async (id: string, file: string, own: { replace?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const format = FORMATS[path.extname(file).toLowerCase()]
      if (!format)
        throw new IdiolectError(
          'BadOption',
          `${file} has no suffix that tells its format`,
          'Name a .md, .html or .docx file.',
        )
      await withApp(options, async (app) => {
        const found = (await app.handlers['draft.list']({})).filter((draft) => draft.id.startsWith(id))
        if (found.length > 1)
          throw new IdiolectError('BadOption', `${found.length} drafts begin with ${id}`, 'Give more of the id.')
        const written = await app.handlers['draft.export']({
          draft: found[0]?.id ?? id,
          file: path.resolve(file),
          format,
          replace: own.replace ?? false,
        })
        print(options, written, () => [`${written.file}: ${written.bytes} bytes`])
      })
    })

  writeOptions(
    program.command('rewrite').description('a text said shorter, plainer, warmer, in your voice, or as you ask'),
  )
    .argument('<file>', 'a file of writing, or - for standard input')
    .option('--how <how>', 'shorter, plainer, warmer, mine (in your voice) or ask', 'shorter')
    .option('--ask <text>', 'what is to be done with the text')
    .action(async (file: string, own: WriteOptions & { how: RewriteHow; ask?: string }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const text = await textOf(file)
      await withApp(options, async (app) => {
        await saySilent(app, own, 'prose')
        const {
          text: written,
          voice,
          sources,
          cut,
        } = await app.handlers['draft.rewrite']({
          request: 'rewrite',
          text,
          how: own.ask === undefined ? own.how : 'ask',
          ...(own.ask === undefined ? {} : { ask: own.ask }),
          ...generation(own),
        })
        // Not as it streams: a try may be thrown away.
        print(options, { text: written, voice, cut, sources: sources.map(sourceFacts) }, () => [
          written.replace(/\n+$/, ''),
          ...(cut ? ['', '(It breaks off: there was no room for more.)'] : []),
          ...sources.map(sourceLine),
        ])
      })
    })
}

/** The text with its Markdown marks, which a rewrite keeps. Errors: IdiolectError `Unreadable`. */
async function textOf(file: string): Promise<string> {
  const name = file === '-' ? 'standard input' : path.resolve(file)
  let bytes: Buffer
  try {
    bytes = readFileSync(file === '-' ? 0 : name)
  } catch (error) {
    throw new IdiolectError('Unreadable', `${name} ${whyUnreachable(error)}`, 'Name a file that can be read.')
  }
  const read = await readDocument(file === '-' ? 'input.md' : name, bytes)
  if ('reason' in read) throw new IdiolectError('Unreadable', `${name} ${read.reason}`, 'Name a file that can be read.')
  return read.text
}
