/**
 * Accepted tags and scores into the files' front matter, only on request: a preview first, then written if the file is
 * still, byte for byte, what the preview saw; its original is kept and can be put back.
 *   <data folder>/originals/<date and time>/<folders and name of the file>
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { structuredPatch } from 'diff'
import type { DiffLine, Handlers, LabelPreview, LabelTask, LabelWritten, Said } from '../../../preload/contract.ts'
import { isReadOnly, writeAtomically } from '../../atomic.ts'
import { IdiolectError, messageOf, toContractError } from '../../errors.ts'
import { sha256Of } from '../../hash.ts'
import { splitFrontMatter } from '../../library/front-matter.ts'
import { matterFacts } from '../../library/matter-facts.ts'
import type { Change } from '../../library/splice.ts'
import { whyNoFrontMatter, withFacts } from '../../library/write-front-matter.ts'
import { because, english, type Reason, reasonOf, say } from '../../said.ts'
import type { StoredDocument } from '../../store/documents.ts'
import type { LabelChoice, LabelValue } from '../../store/label-choices.ts'
import type { StoredOriginal } from '../../store/label-originals.ts'
import { ORIGINALS } from '../../store/own-folder.ts'
import type { AppContext } from '../context.ts'
import { unknownPiece } from './labels.ts'

type FileCalls = 'labels.preview' | 'labels.write' | 'labels.restore'

/** What is to be written into a file, or why it cannot be. */
type Plan =
  | { file: string; before: Buffer; after: Buffer; hash: string; diff: DiffLine[]; choice: LabelChoice }
  | Reason

const CONTEXT = 2

export function labelFileHandlers(context: AppContext): Pick<Handlers, FileCalls> {
  const { store } = context
  return {
    async 'labels.preview'({ task, documents }) {
      return { files: documents.map((document) => previewOf(context, task, document)) }
    },
    async 'labels.write'({ task, files }) {
      const at = new Date()
      return { written: files.map(({ document, hash }) => written(context, task, document, hash, at)) }
    },
    async 'labels.restore'({ id }) {
      const kept = store.labelOriginals.get(id)
      if (!kept || kept.restored)
        throw new IdiolectError('UnknownOriginal', 'there is no such original to put back', null)
      restore(context, kept)
      return { path: kept.path }
    },
  }
}

function previewOf({ store }: AppContext, task: LabelTask, document: string): LabelPreview {
  const piece = store.documents.get(document)
  if (!piece) throw unknownPiece(document)
  const { title, path: file } = piece
  const plan = planOf(piece, task, store.labelChoices.get(document, task))
  if ('reason' in plan)
    return { document, title, path: file, hash: '', diff: [], refused: plan.reason, said: plan.said, same: false }
  const same = plan.before.equals(plan.after)
  return { document, title, path: file, hash: plan.hash, diff: plan.diff, refused: null, same }
}

function planOf(piece: StoredDocument, task: LabelTask, choice: LabelChoice | null): Plan {
  if (choice === null) return because('write.undecided')
  // Before the file is looked at: a Word document is no text whose letters could be wrong.
  const never = whyNoFrontMatter(piece.kind)
  if (never !== null) return reasonOf(never)
  let file: string
  let mode: number
  let before: Buffer
  try {
    // Through a link, the file itself.
    file = realpathSync(piece.path)
    mode = statSync(file).mode
    before = readFileSync(file)
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return gone ? because('write.gone') : because('write.unreadable', messageOf(error))
  }
  if (isReadOnly(mode)) return because('write.readOnly')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(before)
  } catch {
    return because('write.notUtf8')
  }
  if (text.includes('\0')) return because('write.notUtf8')
  const said = saidIn(text, task)
  if (said === null) return because('write.badMatter')
  if (!same(said, choice.file) && !same(said, choice.value)) return because('write.saysElse', shown(said))
  const change: Change = task === 'tag' ? { tags: choice.value as string[] } : { rating: choice.value as number }
  const rewritten = withFacts(text, change, piece.kind)
  if ('reason' in rewritten) return rewritten
  const after = Buffer.from(rewritten.text)
  return { file, before, after, hash: sha256Of(before), diff: diffOf(text, rewritten.text), choice }
}

/** What the file's front matter says: tags, or a score or undefined; null where it cannot be read. */
function saidIn(text: string, task: LabelTask): LabelValue | undefined {
  const matter = splitFrontMatter(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'))
  if ('reason' in matter) return null
  const { tags, rating } = matterFacts(matter.data)
  return task === 'tag' ? tags : (rating ?? undefined)
}

const same = (a: LabelValue | undefined, b: LabelValue): boolean => JSON.stringify(a ?? null) === JSON.stringify(b)
const shown = (value: LabelValue | undefined): string | null =>
  (Array.isArray(value) ? value.join(', ') : String(value ?? '')) || null

function diffOf(before: string, after: string): DiffLine[] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT })
  return hunks.flatMap(({ lines, oldStart }, i) => [
    ...(oldStart > 1 || i > 0 ? [{ sign: '…', text: '' } as const] : []),
    ...lines
      .filter((line) => !line.startsWith('\\'))
      .map((line): DiffLine => ({ sign: line[0] as ' ' | '-' | '+', text: line.slice(1).replace(/\r$/, '') })),
  ])
}

/** Writes one file; what goes wrong is this file's alone. */
function written(context: AppContext, task: LabelTask, document: string, hash: string, at: Date): LabelWritten {
  const { store } = context
  const piece = store.documents.get(document)
  const file = piece?.path ?? ''
  try {
    if (!piece) throw unknownPiece(document)
    const plan = planOf(piece, task, store.labelChoices.get(document, task))
    if ('reason' in plan) throw notWritten(file, plan.said)
    if (plan.hash !== hash)
      throw new IdiolectError('FileChanged', english(say('write.since', file)), 'Look at the preview again.', {
        said: say('write.since', file),
      })
    const original = plan.before.equals(plan.after) ? null : keepOriginal(context, task, piece, plan, at)
    if (original) writeAtomically(plan.file, (append) => append(plan.after), { ofUser: true })
    settle(context, task, piece, plan.choice.value, plan.after)
    const row = store.labelRows.get(task, document)
    if (row?.state === 'accepted') store.labelRows.put({ ...row, state: 'written' })
    return { document, path: file, original, error: null }
  } catch (error) {
    const known = error instanceof IdiolectError ? error : new IdiolectError('CannotWrite', messageOf(error))
    return { document, path: file, original: null, error: toContractError(known) }
  }
}

function notWritten(file: string, why: Said): IdiolectError {
  const said = say('write.not', file, why)
  return new IdiolectError('NotWritten', english(said), null, { said })
}

/** The copy and its record stand before the file is touched: a kill in between leaves either file whole. */
function keepOriginal(
  { store }: AppContext,
  task: LabelTask,
  { id: document, path: file }: StoredDocument,
  { before, after, choice }: Exclude<Plan, Reason>,
  at: Date,
): StoredOriginal {
  const day = at.toISOString().replaceAll(':', '-').replace('Z', '')
  const original = path.join(store.folder, ORIGINALS, day, file.replace(/^([A-Za-z]):/, '$1').replace(/^[\\/]+/, ''))
  mkdirSync(path.dirname(original), { recursive: true })
  writeAtomically(original, (append) => append(before))
  const kept: StoredOriginal = {
    id: randomUUID(),
    task,
    document,
    path: file,
    at: at.toISOString(),
    original,
    beforeHash: sha256Of(before),
    writtenHash: sha256Of(after),
    file: choice.file,
    restored: false,
  }
  store.labelOriginals.put(kept)
  return kept
}

/** The library knows the file as it is now, so that the next import need not read it again. */
function settle(context: AppContext, task: LabelTask, piece: StoredDocument, says: LabelValue, bytes: Buffer): void {
  const { mtimeMs, size } = statSync(piece.path)
  context.store.transaction(() => {
    context.store.labelChoices.fileSays(piece.id, task, says)
    context.store.documents.rewritten(piece.id, { hash: sha256Of(bytes), mtime: Math.floor(mtimeMs), size })
  })
}

/** Errors: IdiolectError `FileChanged`, `OriginalGone`, `CannotWrite`. */
function restore(context: AppContext, kept: StoredOriginal): void {
  const { store } = context
  const bytes = read(kept.original, 'OriginalGone', 'the original is no longer at')
  if (sha256Of(bytes) !== kept.beforeHash)
    throw new IdiolectError('OriginalGone', `the original at ${kept.original} has changed`, null)
  const now = sha256Of(read(kept.path, 'FileChanged', 'there is no longer a file at'))
  if (now !== kept.beforeHash) {
    if (now !== kept.writtenHash)
      throw new IdiolectError(
        'FileChanged',
        `${kept.path} has changed since it was written, and was left as it is`,
        `The original is at ${kept.original}.`,
      )
    writeAtomically(realpathSync(kept.path), (append) => append(bytes), { ofUser: true })
  }
  const piece = store.documents.get(kept.document)
  if (piece?.path === kept.path) settle(context, kept.task, piece, kept.file, bytes)
  store.labelOriginals.setRestored(kept.id)
  const row = store.labelRows.get(kept.task, kept.document)
  if (row?.state === 'written') store.labelRows.put({ ...row, state: 'accepted' })
}

function read(file: string, name: string, what: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new IdiolectError(name, `${what} ${file}`, null)
  }
}
