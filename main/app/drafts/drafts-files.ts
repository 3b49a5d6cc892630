/**
 * Drafts and files on disk: read in, written out, linked. No file is overwritten unseen: one that this draft neither wrote
 * nor read as it stands now is refused.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Draft, DraftFormat, Handlers } from '../../../preload/contract.ts'
import { writeAtomically } from '../../atomic.ts'
import { carriedSpans } from '../../drafts/carry.ts'
import { MAX_BYTES, readWhole, unreadable, writeDocument } from '../../drafts/documents.ts'
import { checkedSpans } from '../../drafts/spans.ts'
import { titleOf } from '../../drafts/title.ts'
import { IdiolectError } from '../../errors.ts'
import { sha256Of } from '../../hash.ts'
import { whyUnreachable } from '../../library/find.ts'
import { kindOf } from '../../library/kinds.ts'
import { countWords } from '../../library/words.ts'
import { english, say } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { typedPath } from '../typed-path.ts'
import type { DraftWatch } from './draft-watch.ts'
import { createDraft, draftOf, keepVersion, storedDraft } from './drafts-kept.ts'
import { bytesOnDisk } from './on-disk.ts'

type FileCalls = 'draft.import' | 'draft.export' | 'draft.link' | 'draft.read'

const FORMATS: readonly DraftFormat[] = ['md', 'html', 'docx']

export function draftFileHandlers({ store, events }: AppContext, watch: DraftWatch): Pick<Handlers, FileCalls> {
  const { drafts } = store
  return {
    async 'draft.import'(given) {
      const file = 'file' in given ? realFile(path.resolve(typedPath(given.file))) : null
      const name = 'file' in given ? path.basename(typedPath(given.file)) : given.name
      const bytes = file === null && 'data' in given ? Buffer.from(given.data, 'base64') : bytesOf(file ?? '')
      const read = await readWhole(name, bytes, file ?? name)
      // A page's own title often is its first heading.
      const title = read.title === null || read.title === titleOf(read.text) ? '' : read.title
      const draft = createDraft(store, { text: read.text, title, matter: read.matter })
      // Only until the text has a title of its own: nobody gave the draft this one.
      if (draft.title === '') drafts.put({ ...draft, title: path.basename(name, path.extname(name)) })
      // Markdown and text go back as they came: this file has been seen.
      if (file !== null && isPlain(file)) drafts.setFileHash(draft.id, file, sha256Of(bytes))
      return draftOf(storedDraft(store, draft.id))
    },
    async 'draft.export'({ draft: id, file: given, format, replace = false }) {
      if (!FORMATS.includes(format))
        throw new IdiolectError(
          'BadOption',
          `${JSON.stringify(format)} is no format`,
          `Formats are ${FORMATS.join(', ')}.`,
        )
      const draft = storedDraft(store, id)
      const file = realFile(path.resolve(typedPath(given)))
      const before = bytesOnDisk(file)
      const there = before === null ? null : sha256Of(before)
      const bytes = await writeDocument(format, draft, isPlain(file) ? before : null)
      if (there !== null && !replace && there !== drafts.fileHash(id, file) && there !== sha256Of(bytes)) {
        const said = say(drafts.fileHash(id, file) === null ? 'write.there' : 'write.changed', file)
        throw new IdiolectError('FileChanged', english(said), 'Replace it, or choose another name.', { said })
      }
      // A kill before the next line leaves a file that counts as changed, never one that is overwritten unseen.
      writeAtomically(file, (append) => append(bytes), { ofUser: true })
      drafts.setFileHash(id, file, sha256Of(bytes))
      watch.seen(file)
      return { file, bytes: bytes.length }
    },
    async 'draft.link'({ draft: id, file: given }) {
      const draft = storedDraft(store, id)
      const file = given === null ? null : realFile(path.resolve(typedPath(given)))
      if (file !== null && !isPlain(file)) {
        throw new IdiolectError(
          'BadOption',
          `${file} cannot be linked: only Markdown and text files keep all of a draft`,
          'Link a .md or .txt file, and export to the others.',
        )
      }
      if (file !== null) {
        const there = bytesOnDisk(file)
        const own = await writeDocument('md', draft, there)
        // The very text is known; any other has not been seen.
        if (there !== null && Buffer.compare(own, there) === 0) drafts.setFileHash(id, file, sha256Of(there))
      }
      drafts.put({ ...draft, file })
      watch.refresh()
      return draftOf(storedDraft(store, id))
    },
    async 'draft.read'({ draft: id }) {
      const before = storedDraft(store, id)
      if (before.file === null)
        throw new IdiolectError('NoFile', 'this draft is linked to no file', 'Link it to a file first.')
      const bytes = bytesOf(before.file)
      const hash = sha256Of(bytes)
      const { text, title, matter } = await readWhole(before.file, bytes)
      return store.transaction((): Draft => {
        const draft = storedDraft(store, id)
        drafts.setFileHash(id, draft.file ?? '', hash)
        watch.seen(draft.file ?? '')
        if (text === draft.text) return draftOf(draft)
        keepVersion(store, id, { ...draft, why: 'file' })
        const spans = checkedSpans(text, carriedSpans(draft.text, draft.spans, text))
        const named = title !== null || draft.named
        const next = {
          ...draft,
          text,
          spans,
          matter,
          named,
          title: title ?? (draft.named ? draft.title : titleOf(text)),
          words: countWords(text),
          at: new Date().toISOString(),
          history: null,
          revision: draft.revision + 1,
        }
        drafts.put(next)
        events.emit('draft.changed', { draft: id, revision: next.revision, removed: false })
        return draftOf(next)
      })
    },
  }
}

function bytesOf(file: string): Buffer {
  try {
    const stat = statSync(file)
    // Reading a pipe would wait for whoever writes into it, and everything else with it.
    if (!stat.isFile()) throw unreadable(file, 'cannot be read: it is no file')
    const { size } = stat
    if (size > MAX_BYTES)
      throw unreadable(file, `has ${(size / 1e6).toFixed(1)} MB, and drafts hold up to ${MAX_BYTES / 1e6} MB`)
    return readFileSync(file)
  } catch (error) {
    throw error instanceof IdiolectError ? error : unreadable(file, whyUnreachable(error))
  }
}

/** Where a link leads: it must not be replaced by a file. */
function realFile(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

function isPlain(file: string): boolean {
  const kind = kindOf(file)
  return kind === 'markdown' || kind === 'text'
}
