/**
 * Drafts as they are kept: every save is whole in the store before it is answered, bears the next revision, and is refused
 * where another window was faster; what is refused or lost by an edit stays as a version.
 */
import { randomUUID } from 'node:crypto'
import type { Draft, DraftSpan, DraftSummary, Handlers } from '../../../preload/contract.ts'
import { checkedSpans, spansOf } from '../../drafts/spans.ts'
import { oneLine, titleOf } from '../../drafts/title.ts'
import { boundedHistory } from '../../drafts/undo.ts'
import { isTimeForVersion, versionsToDrop } from '../../drafts/versions.ts'
import { IdiolectError } from '../../errors.ts'
import { forgetDraft } from '../../library/foreign.ts'
import { countWords } from '../../library/words.ts'
import type { StoredDraft, StoredSummary, VersionText } from '../../store/drafts.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'

/** Characters of a text: what a page of the window can still hold. */
const LONGEST = 8_000_000
/** Days for which a removed draft can be restored. */
const DAYS_KEPT = 30

type KeptCalls =
  | 'draft.list'
  | 'draft.get'
  | 'draft.create'
  | 'draft.save'
  | 'draft.versions'
  | 'draft.version'
  | 'draft.remove'
  | 'draft.removed'
  | 'draft.restore'
  | 'draft.learn'

/** Errors: IdiolectError `UnknownDraft`. */
export function storedDraft(store: Store, id: string): StoredDraft {
  const draft = store.drafts.get(id)
  if (!draft) {
    throw new IdiolectError(
      'UnknownDraft',
      `there is no draft ${JSON.stringify(id)}`,
      'It may have been deleted in another window; its text can be kept as a new draft.',
    )
  }
  return draft
}

export function summaryOf({ id, title, at, created, words, file, learn }: StoredSummary): DraftSummary {
  return { id, title, at, created, words, file, learn }
}

export function draftOf(stored: StoredDraft): Draft {
  const { text, spans, history, revision } = stored
  return { ...summaryOf(stored), text, spans, history, revision }
}

/** A new draft, stored. Errors: IdiolectError `BadSpans`, `DraftTooLong`. */
export function createDraft(
  store: Store,
  given: { title?: string; text?: string; spans?: DraftSpan[]; matter?: string | null },
): StoredDraft {
  const text = checkedText(given.text ?? '')
  const spans = given.spans ? checkedSpans(text, given.spans) : spansOf(text)
  const at = new Date().toISOString()
  const title = oneLine(given.title ?? '')
  const draft: StoredDraft = {
    id: randomUUID(),
    title: title === '' ? titleOf(text) : title,
    named: title !== '',
    created: at,
    at,
    words: countWords(text),
    file: null,
    learn: false,
    removed: null,
    matter: given.matter ?? null,
    text,
    spans,
    history: null,
    revision: 1,
  }
  store.drafts.put(draft)
  return draft
}

/** Keeps a state of the draft, and lets go of old ones where there are too many. */
export function keepVersion(store: Store, id: string, state: Omit<VersionText, 'id' | 'size'>): void {
  const version = { ...state, id: randomUUID(), size: state.text.length }
  store.drafts.addVersion(id, version)
  for (const old of versionsToDrop(store.drafts.versions(id))) store.drafts.removeVersion(old)
}

export function keptHandlers({ store, events }: AppContext): Pick<Handlers, KeptCalls> {
  const { drafts } = store
  const changed = (draft: string, revision: number, removed = false): void =>
    events.emit('draft.changed', { draft, revision, removed })
  return {
    async 'draft.list'({ text = '' }) {
      const wanted = text.trim().toLocaleLowerCase()
      const has = ({ id, title }: StoredSummary): boolean =>
        title.toLocaleLowerCase().includes(wanted) ||
        (drafts.get(id)?.text.toLocaleLowerCase().includes(wanted) ?? false)
      return drafts
        .list()
        .filter((draft) => draft.removed === null && (wanted === '' || has(draft)))
        .map(summaryOf)
    },
    async 'draft.get'({ draft }) {
      return draftOf(storedDraft(store, draft))
    },
    async 'draft.create'(given) {
      return draftOf(createDraft(store, given))
    },
    async 'draft.save'({ draft: id, revision, text: given, spans: givenSpans, history, title }) {
      const text = checkedText(given)
      const spans = checkedSpans(text, givenSpans)
      const name = title === undefined ? undefined : oneLine(title)
      const words = countWords(text)
      const now = new Date()
      const at = now.toISOString()
      const kept = boundedHistory(history ?? null)
      const saved = store.transaction(() => {
        const before = storedDraft(store, id)
        const state = { at, title: titleOf(text), words, text, spans }
        if (before.revision !== revision) {
          // An answer that was lost on its way is asked for again.
          if (before.text === text && JSON.stringify(before.spans) === JSON.stringify(spans)) return before
          keepVersion(store, id, { ...state, why: 'refused' })
          return null
        }
        const last = drafts.versions(id).at(-1)
        if (isTimeForVersion(before.text, text, last ? Date.parse(last.at) : null, now.getTime()))
          keepVersion(store, id, { ...before, why: 'saved' })
        const named = name === undefined ? before.named : name !== ''
        const next: StoredDraft = {
          ...before,
          ...state,
          named,
          title: name ? name : named ? before.title : state.title,
          history: history === undefined ? before.history : kept.history,
          revision: revision + 1,
          removed: null,
        }
        drafts.put(next)
        return next
      })
      if (saved === null) throw changedElsewhere()
      if (saved.revision === revision + 1) changed(id, saved.revision)
      return {
        revision: saved.revision,
        at: saved.at,
        title: saved.title,
        words: saved.words,
        historyCut: history !== undefined && kept.cut,
      }
    },
    async 'draft.versions'({ draft }) {
      storedDraft(store, draft)
      return drafts
        .versions(draft)
        .reverse()
        .map(({ id, at, words, why }) => ({ version: id, at, words, why }))
    },
    async 'draft.version'({ draft: id, version }) {
      const draft = storedDraft(store, id)
      const kept = drafts.version(id, version)
      if (!kept) {
        throw new IdiolectError(
          'UnknownVersion',
          `there is no version ${JSON.stringify(version)} of this draft`,
          'Old versions are thinned out; choose another one.',
        )
      }
      const { text, spans, words, at, title } = kept
      return { ...draftOf(draft), text, spans, words, at, title, history: null }
    },
    async 'draft.remove'({ draft: id, forever = false }) {
      const draft = drafts.get(id)
      if (!draft) return { removed: false }
      if (forever) forgetDraft(store, draft)
      else drafts.put({ ...draft, removed: new Date().toISOString() })
      forgetRemoved(store)
      changed(id, draft.revision, true)
      return { removed: true }
    },
    async 'draft.removed'() {
      forgetRemoved(store)
      return drafts
        .list()
        .flatMap(({ id, title, words, removed }) => (removed === null ? [] : [{ id, title, words, removed }]))
        .sort((a, b) => (a.removed < b.removed ? 1 : -1))
    },
    async 'draft.restore'({ draft: id }) {
      const draft = { ...storedDraft(store, id), removed: null }
      drafts.put(draft)
      changed(id, draft.revision)
      return summaryOf(draft)
    },
    async 'draft.learn'({ draft: id, learn }) {
      const draft = { ...storedDraft(store, id), learn }
      drafts.put(draft)
      return summaryOf(draft)
    },
  }
}

/** A clock that was set back forgets nothing. */
function forgetRemoved(store: Store): void {
  const oldest = Date.now() - DAYS_KEPT * 86_400_000
  for (const { id, removed } of store.drafts.list()) {
    if (removed !== null && Date.parse(removed) < oldest) forgetDraft(store, storedDraft(store, id))
  }
}

function checkedText(text: string): string {
  if (typeof text !== 'string') throw new IdiolectError('BadText', 'the text of a draft is no text', null)
  if (text.length > LONGEST) {
    throw new IdiolectError(
      'DraftTooLong',
      `the text has ${text.length} characters, and a draft holds ${LONGEST}`,
      'Cut it into several drafts.',
    )
  }
  return text
}

function changedElsewhere(): IdiolectError {
  return new IdiolectError(
    'DraftChanged',
    'this draft was changed in another window since this one read it',
    'What was written here is kept among its versions; open the draft again to go on.',
  )
}
