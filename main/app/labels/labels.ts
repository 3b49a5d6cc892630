/** The tables of suggested tags and scores: which pieces are asked for, and what their owner decides. */
import path from 'node:path'
import type {
  DocumentSummary,
  GenerationOptions,
  Handlers,
  LabelDecision,
  LabelRow,
  LabelScope,
  LabelTask,
} from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { spread } from '../../examples/spread.ts'
import { vocabularyOf } from '../../examples/tag.ts'
import { whyNoFrontMatter } from '../../library/write-front-matter.ts'
import type { StoredDocument } from '../../store/documents.ts'
import type { LabelBefore, StoredLabelRow } from '../../store/label-rows.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import type { LabelJobs } from './label-jobs.ts'
import { disagreements, type LabelResult, labelRow, labelRows } from './label-rows.ts'
import { secondsOf } from './label-seconds.ts'
import { checkScore, scaleOfLibrary } from './ratings.ts'
import { rememberSuggestion } from './suggestions.ts'
import { noTags, pickedTags } from './tags.ts'

type LabelCalls =
  | 'tag.queue'
  | 'rate.queue'
  | Exclude<Extract<keyof Handlers, `labels.${string}`>, 'labels.preview' | 'labels.write' | 'labels.restore'>

const MOST_FOLDERS = 50
const SOME = 12

export function labelHandlers(context: AppContext, jobs: LabelJobs): Pick<Handlers, LabelCalls> {
  const { store, bases } = context
  const queue = (task: LabelTask, request: string, scope: LabelScope, options: GenerationOptions) => {
    bases.baseModel()
    const pieces = piecesOf(context, task, scope)
    if (pieces.length === 0)
      throw new IdiolectError('NoPieces', 'there is no such piece of yours in the library', 'Choose other pieces.')
    const mine = store.documents.list({ status: 'mine' }).documents
    if (task === 'tag' && !mine.some(({ tags }) => tags.length > 0)) throw noTags(mine.length - 1)
    // What the owner decided stays decided; it is asked for anew after clearing.
    const decided = new Set(
      labelRows(store, task)
        .filter(({ state }) => state === 'accepted' || state === 'written')
        .map(({ document }) => document),
    )
    const open = pieces.filter(({ id }) => !decided.has(id))
    return jobs.queue(
      task,
      request,
      open.map(({ id }) => id),
      options,
    )
  }
  const rowsOf = (task: LabelTask, documents: readonly string[]): LabelRow[] =>
    documents.flatMap((document) => labelRow(store, task, document) ?? [])
  return {
    async 'tag.queue'({ request, scope, ...options }) {
      return queue('tag', request, scope, options)
    },
    async 'rate.queue'({ request, scope, ...options }) {
      return queue('rate', request, scope, options)
    },
    async 'labels.scope'({ task, scope }) {
      const pieces = piecesOf(context, task, scope)
      const { secondsPerPiece, measured } = secondsOf(context, task)
      return {
        pieces: pieces.length,
        secondsPerPiece,
        seconds: secondsPerPiece === null ? null : secondsPerPiece * pieces.length,
        measured,
        folders: foldersOf(piecesOf(context, task, { which: scope.which })),
        some: spread(pieces, SOME).map(({ id, title, date }) => ({ document: id, title, date })),
      }
    },
    async 'labels.pause'({ task, paused }) {
      return jobs.pause(task, paused)
    },
    async 'labels.stop'({ task }) {
      return jobs.stop(task)
    },
    async 'labels.list'({ task }) {
      const mine = store.documents.list({ status: 'mine' }).documents
      const writable = new Set(mine.filter(({ kind }) => whyNoFrontMatter(kind) === null).map(({ id }) => id))
      const { scores, note } = scaleOfLibrary(context)
      return {
        rows: labelRows(store, task),
        job: jobs.current(task),
        vocabulary: vocabularyOf(mine),
        scale: scores,
        scaleNote: note,
        pieces: mine.length,
        labelled: mine.filter((piece) => isLabelled(task, piece)).length,
        unwritten: store.labelChoices.unwritten(task).filter((document) => writable.has(document)),
        originals: store.labelOriginals
          .list(task)
          .map(({ id, document, path: file, at, original }) => ({ id, document, path: file, at, original })),
      }
    },
    async 'labels.sources'({ task, document }) {
      return { sources: store.labelRows.get<LabelResult>(task, document)?.result?.sources ?? [] }
    },
    async 'labels.accept'({ task, decisions }) {
      const scale = scaleOfLibrary(context)
      const valued = decisions.map(({ document, picked }: LabelDecision) => {
        if (task === 'tag') return { document, picked: pickedTags(picked), value: pickedTags(picked) }
        const score = Number(picked[0])
        checkScore(score, scale)
        return { document, picked: [String(score)], value: score }
      })
      store.transaction(() => {
        const step = nextStep(store, task)
        for (const { document, picked, value } of valued) {
          const piece = store.documents.get(document)
          if (!piece) throw unknownPiece(document)
          const row = store.labelRows.get(task, document)
          const before = { ...(row?.before ?? asItIs(store, task, piece, row)), step }
          store.labelChoices.choose(document, task, value)
          const kept = { task, document, result: row?.result ?? null, error: null, said: null }
          store.labelRows.put({ ...kept, state: 'accepted', before, picked })
        }
      })
      context.changed()
      return { rows: rowsOf(task, documentsOf(decisions)) }
    },
    async 'labels.skip'({ task, documents }) {
      store.transaction(() => {
        const step = nextStep(store, task)
        for (const document of documents) {
          const row = store.labelRows.get(task, document)
          const piece = store.documents.get(document)
          if (!piece) throw unknownPiece(document)
          if (row?.state === 'accepted' || row?.state === 'written') continue
          const before = { ...(row?.before ?? asItIs(store, task, piece, row)), step }
          store.labelRows.put({
            task,
            document,
            state: 'skipped',
            before,
            result: row?.result ?? null,
            picked: null,
            error: null,
            said: null,
          })
        }
      })
      return { rows: rowsOf(task, documents) }
    },
    async 'labels.undo'({ task, documents }) {
      const gone: string[] = []
      store.transaction(() => {
        for (const document of documents) {
          const row = store.labelRows.get<LabelResult>(task, document)
          if (!row?.before) continue
          if (row.state === 'written')
            throw new IdiolectError(
              'Written',
              `it stands in the file ${store.documents.get(document)?.path ?? ''} already`,
              'Put the file’s original back first.',
            )
          if (row.state === 'accepted') {
            if (row.before.choice) store.labelChoices.choose(document, task, row.before.choice.value)
            else store.labelChoices.forget(document, task)
          }
          if (row.before.state === null && row.result === null) {
            store.labelRows.remove(task, document)
            gone.push(document)
          } else {
            const state = row.before.state === null ? 'suggested' : row.before.state
            // A suggestion that came after the decision is there now.
            const now = state === 'waiting' && row.result !== null ? 'suggested' : state
            store.labelRows.put({ ...row, state: now, before: null, picked: null })
          }
        }
      })
      jobs.begin()
      context.changed()
      return { rows: rowsOf(task, documents), gone }
    },
    async 'labels.disagreements'() {
      return { rows: disagreements(store) }
    },
    async 'labels.picks'({ task }) {
      const records = store.labels.picked(task)
      return { picks: records.map(({ id, at, excerpt, picked }) => ({ id, task, at, excerpt, picked: picked ?? [] })) }
    },
    async 'labels.forget'({ id }) {
      const record = store.labels.get(id)
      if (record) rememberSuggestion(store, record)
      return { removed: store.labels.remove(id) }
    },
    async 'labels.clear'({ task, documents }) {
      const rows = store.labelRows.list(task).filter(({ state }) => state !== 'waiting')
      const wanted = documents ? new Set(documents) : null
      const going = rows.filter(({ document, state }) =>
        wanted ? wanted.has(document) : state === 'accepted' || state === 'skipped' || state === 'written',
      )
      store.transaction(() => {
        for (const { document } of going) store.labelRows.remove(task, document)
      })
      return { removed: going.length }
    },
  }
}

/** What undo goes back to. */
function asItIs(
  store: Store,
  task: LabelTask,
  { id, tags, rating }: StoredDocument,
  row: StoredLabelRow | null,
): LabelBefore {
  return { state: row?.state ?? null, choice: store.labelChoices.get(id, task), tags, rating }
}

/** A number that no earlier decision has. */
function nextStep({ settings }: Store, task: LabelTask): number {
  const step = (settings.get<number>(`labels.step.${task}`) ?? 0) + 1
  settings.set(`labels.step.${task}`, step)
  return step
}

const documentsOf = (decisions: readonly LabelDecision[]): string[] => decisions.map(({ document }) => document)

export function unknownPiece(document: string): IdiolectError {
  return new IdiolectError('UnknownPiece', `there is no piece ${JSON.stringify(document)} in the library`, null)
}

function isLabelled(task: LabelTask, { tags, rating }: DocumentSummary): boolean {
  return task === 'tag' ? tags.length > 0 : rating !== null
}

/** The owner's own pieces of this scope, newest first. */
function piecesOf({ store }: AppContext, task: LabelTask, scope: LabelScope): DocumentSummary[] {
  const { which, folder, text, documents } = scope
  const chosen = documents && new Set(documents)
  const below = folder === undefined ? null : folder.replace(/[\\/]+$/, '') + path.sep
  return store.documents
    .list({ status: 'mine', ...(text?.trim() ? { text } : {}) })
    .documents.filter(
      (piece) =>
        (which === 'all' || isLabelled(task, piece) === (which === 'with')) &&
        (chosen === undefined || chosen.has(piece.id)) &&
        (below === null || piece.path.startsWith(below)),
    )
}

/** Those that hold pieces, the fullest first. */
function foldersOf(pieces: readonly DocumentSummary[]): { path: string; pieces: number }[] {
  const counts = new Map<string, number>()
  for (const piece of pieces) {
    const folder = path.dirname(piece.path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .map(([folder, count]) => ({ path: folder, pieces: count }))
    .sort((a, b) => b.pieces - a.pieces || (a.path < b.path ? -1 : 1))
    .slice(0, MOST_FOLDERS)
}
