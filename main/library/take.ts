/**
 * Which piece of the library a file is that was read. What the owner decided goes with the content: a file that was
 * renamed keeps it, and another text in its old place does not get it.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ImportReport, SkippedFile } from '../../preload/contract.ts'
import { createSameText } from '../retrieval/same-text.ts'
import { because, type Reason } from '../said.ts'
import type { KnownFile, StoredDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { stateOfFile } from './check.ts'
import { type PieceRead, READER_VERSION, type ReadResult } from './read.ts'
import { decideOne } from './whose.ts'

export interface Taker {
  /**
   * Puts one result into the store and the report. False: the file says something new, and as long as other files
   * are to be read, what it said before may still turn up in one of them; it is to be read once more after them.
   */
  take(result: ReadResult, last: boolean): boolean
  /** Files left out whose content is known. */
  readonly passedOver: number
}

interface TakerInput {
  store: Store
  report: ImportReport
  /** The files as they were known when the import began, by path. */
  known: ReadonlyMap<string, KnownFile>
  /** Paths that the owner named: what was removed comes back where its file is among them. */
  named: ReadonlySet<string>
}

export function createTaker({ store, report, known, named }: TakerInput): Taker {
  /** Pieces of files that are read once more, by path. */
  const before = new Map<string, string>()
  let passedOver = 0

  const read = (id: string, piece: PieceRead, present: StoredDocument | null = null): void => {
    store.transaction(() => {
      if (present) setAside(store, present)
      put(store, id, piece)
    })
    report.documents++
    report.passages += piece.passages.length
  }

  /** The file is left out; the piece that was in it is in no file now. */
  const passOver = ({ path: file }: PieceRead, present: StoredDocument | null, reason: Reason): true => {
    if (present) setAside(store, present)
    skip(store, report, { path: file, ...reason })
    passedOver++
    return true
  }

  const takePiece = (piece: PieceRead, last: boolean): boolean => {
    if (named.has(piece.path)) store.removed.forget(piece.path, piece.hash)
    const present = store.documents.byPath(piece.path)
    if (present?.hash === piece.hash) {
      read(present.id, piece)
      return true
    }
    const holder = store.documents.byHash(piece.hash)
    if (holder && stateOfFile(holder) === 'same') return passOver(piece, present, because('skip.twin', holder.path))
    if (holder) {
      read(holder.id, piece, present)
      return true
    }
    if (store.removed.hasText(piece.hash) || (!present && store.removed.hasFile(piece.path))) {
      // Wherever it goes from here, and whatever is written on in it, it stays removed.
      store.removed.add(piece.path, piece.hash)
      return passOver(piece, present, because('skip.removed'))
    }
    if (present && !last) {
      before.set(piece.path, present.id)
      return false
    }
    const id = present?.id ?? freshId(store, piece.path)
    read(id, piece)
    const earlier = store.documents.get(before.get(piece.path) ?? '')
    if (earlier && earlier.id !== id) inherit(store, earlier, { id, text: piece.text })
    return true
  }

  return {
    get passedOver() {
      return passedOver
    },
    take(result, last) {
      if (result.type === 'piece') return takePiece(result.piece, last)
      if (result.type === 'skipped') {
        skip(store, report, { path: result.path, reason: result.reason, said: result.said })
        return true
      }
      const id = known.get(result.path)?.id
      if (result.touched && id !== undefined) store.documents.touch(id, result.touched.mtime, result.touched.size)
      report.unchanged++
      return true
    },
  }
}

export function skip(store: Store, report: ImportReport, file: SkippedFile): void {
  store.skipped.put(file)
  report.skipped.push(file)
}

function put(store: Store, id: string, { passages, ...piece }: PieceRead): void {
  if (store.documents.get(id)?.hash === piece.hash) {
    // The same bytes, read by another version of the reader: nobody wrote other tags there, so the owner's choice stays.
    store.labelChoices.fileSays(id, 'tag', piece.tags)
    store.labelChoices.fileSays(id, 'rate', piece.rating)
  }
  store.documents.put(
    { id, ...piece, reader: READER_VERSION },
    // The content is part of a passage's id: a vector never belongs to words that are gone.
    passages.map((text, position) => ({ id: `${id}-${piece.hash.slice(0, 8)}-${position}`, position, text })),
  )
  store.removed.forgetFile(piece.path)
  decideOne(store, { id, path: piece.path, authors: piece.authors, draft: piece.draft })
}

function freshId(store: Store, file: string): string {
  for (let attempt = 0; ; attempt++) {
    const id = createHash('sha256').update(`${file}\0${attempt}`).digest('hex').slice(0, 16)
    if (!store.documents.get(id)) return id
  }
}

/**
 * Another piece stands in this one's file. It stays, as one whose file is gone, under a name that no file has: a later
 * file of its old name is not taken for it, and wherever its content turns up, it is found by that.
 */
function setAside(store: Store, { id, path: file }: StoredDocument): void {
  const { dir, name, ext } = path.parse(file)
  for (let n = 1; ; n++) {
    const aside = path.join(dir, `${name} (earlier${n === 1 ? '' : ` ${n}`})${ext}`)
    if (existsSync(aside) || store.documents.byPath(aside)) continue
    store.documents.move(id, aside)
    return
  }
}

/** A copy was kept and the first file rewritten: what was decided holds for both. A new text has nothing of it. */
function inherit(store: Store, from: StoredDocument, to: { id: string; text: string }): void {
  if (!createSameText([from.text])(to.text)) return
  if (from.decided && from.status !== 'asked') store.documents.setStatus(to.id, from.status)
  store.labelChoices.copy(from.id, to.id)
}
