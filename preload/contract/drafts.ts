/** Drafts: what the owner writes, what the assistant adds to it, and who wrote which words. */
import type { GenerationOptions, Source } from './assistant.ts'

/**
 * Who wrote a span: the owner; the assistant (also where the owner has edited its words since); or somebody else, whom
 * the owner quoted. Only the owner's may ever be learnt from.
 */
export type DraftAuthor = 'owner' | 'assistant' | 'quoted'

/** Offsets into the text in UTF-16 units. Spans are sorted, adjacent, none empty, and cover the whole text. */
export interface DraftSpan {
  from: number
  to: number
  author: DraftAuthor
  /** With which voice the assistant wrote; null without one, and for the others. */
  voice: string | null
}

export interface DraftSummary {
  id: string
  /** As the owner gave it, else the first heading or line; empty while there is neither. */
  title: string
  /** Of the last change, ISO. */
  at: string
  created: string
  words: number
  /** The file on disk that it is linked to. */
  file: string | null
  /** May the owner's own paragraphs be learnt from. */
  learn: boolean
}

/** A draft that was removed, and can be brought back. */
export interface RemovedDraft {
  id: string
  title: string
  words: number
  /** When it was removed, ISO. */
  removed: string
}

export interface Draft extends DraftSummary {
  text: string
  spans: DraftSpan[]
  /** The editor's undo history as JSON; opaque here. */
  history: string | null
  /** Grows by one with every save. */
  revision: number
}

export interface DraftVersion {
  version: string
  at: string
  words: number
  /**
   * `saved`: as it stood; `refused`: came from a window that knew an older revision; `file`: as it stood before the linked
   * file was read.
   */
  why: 'saved' | 'refused' | 'file'
}

export interface DraftSaved {
  revision: number
  at: string
  title: string
  words: number
  /** The undo history was too long: its oldest steps were left out. */
  historyCut: boolean
}

export type DraftFormat = 'md' | 'html' | 'docx'

export type RewriteHow = 'shorter' | 'plainer' | 'warmer' | 'mine' | 'ask'

/** Another window saved or removed a draft, or read its file. */
export interface DraftChanged {
  draft: string
  revision: number
  removed: boolean
}

/** A draft's linked file is no longer as the draft last wrote or read it. */
export interface DraftFileChanged {
  draft: string
  file: string
  changed: 'modified' | 'removed'
}

export interface DraftResult {
  text: string
  sources: Source[]
  voice: string | null
  /** Was it stopped before its end. */
  stopped: boolean
}

/** A line of an outline and what was written for it; nothing for a heading. */
export interface DraftPoint {
  text: string
  heading: boolean
  written: string
}

export interface DraftsCalls {
  /** Last changed first; `text` keeps those whose title or text contains it, whatever the case. */
  'draft.list': { in: { text?: string }; out: DraftSummary[] }
  'draft.get': { in: { draft: string }; out: Draft }
  /** All of `text` is the owner's unless `spans` say otherwise. */
  'draft.create': { in: { title?: string; text?: string; spans?: DraftSpan[] }; out: Draft }
  /**
   * `revision` is the one that the window has; `title` '' goes back to the first line. Errors: `DraftChanged` when the
   * stored revision is another one (the text is kept as a version), `BadSpans`, `DraftTooLong`, `UnknownDraft`.
   */
  'draft.save': {
    in: {
      draft: string
      revision: number
      text: string
      spans: DraftSpan[]
      history?: string | null
      title?: string
    }
    out: DraftSaved
  }
  /** Did the assistant write these words, in whatever space: asked of what is pasted. */
  'draft.whose': { in: { text: string }; out: { assistant: boolean } }
  /** Newest first. */
  'draft.versions': { in: { draft: string }; out: DraftVersion[] }
  /** The draft as it stood then; its `revision` is today's, so that saving it restores it. */
  'draft.version': { in: { draft: string; version: string }; out: Draft }
  /** It can be restored for thirty days, unless `forever`. */
  'draft.remove': { in: { draft: string; forever?: boolean }; out: { removed: boolean } }
  /** Those that can still be restored; removed last first. */
  'draft.removed': { in: Record<string, never>; out: RemovedDraft[] }
  'draft.restore': { in: { draft: string }; out: DraftSummary }
  /** Off unless switched on: may training use what the owner alone wrote in this draft. */
  'draft.learn': { in: { draft: string; learn: boolean }; out: DraftSummary }
  /** A new draft from a Markdown, text, HTML or Word file, by its path or by its bytes. Errors: `Unreadable`. */
  'draft.import': { in: { file: string } | { name: string /** Base64. */; data: string }; out: Draft }
  /**
   * Writes the draft as it is stored. A file that is there keeps its permissions, and where it is Markdown or text its
   * encoding and line ends too. Errors: `FileChanged` for a file that is there and that this draft neither wrote nor read
   * as it stands, unless `replace`; `CannotWrite`, also for a file that is read-only.
   */
  'draft.export': {
    in: { draft: string; file: string; format: DraftFormat; replace?: boolean }
    out: { file: string; bytes: number }
  }
  /** Links a Markdown or text file, or none; nothing is read or written. `draft.file` tells when it changes on disk. */
  'draft.link': { in: { draft: string; file: string | null }; out: Draft }
  /** Takes over what stands in the linked file; how the draft stood becomes a version. What came in is the owner's. */
  'draft.read': { in: { draft: string }; out: Draft }
  /** Goes on from an opening (`from` not given), or does what an instruction asks. Streams. */
  'draft.write': {
    in: { request: string; text: string; from?: 'opening' | 'instruction' } & GenerationOptions
    out: DraftResult
  }
  /**
   * The selection written anew; its own white space and Markdown marks at the ends stay. `ask` says what to do with it, and
   * then `before` and `after` are shown. Streams: a chunk with a higher `index` begins the whole anew. Errors: `NoRewrite`
   * when nothing new came in several tries, `EmptyText`, `SelectionTooLong` where it and an answer of its length do not
   * fit into the model's context, `NothingOfYours` for `mine` without voice and earlier writing. `cut`: there was no room
   * for more, and the text breaks off.
   */
  'draft.rewrite': {
    in: {
      request: string
      text: string
      before?: string
      after?: string
      how: RewriteHow
      ask?: string
    } & GenerationOptions
    out: DraftResult & { cut: boolean }
  }
  /**
   * A paragraph for each line of the outline but its headings. Streams under the `index` of the line among those that are
   * not empty. The result is Markdown: headings, and under them what was written.
   */
  'draft.outline': {
    in: { request: string; outline: string; before?: string } & GenerationOptions
    out: DraftResult & { points: DraftPoint[] }
  }
}

export const DRAFTS_CALLS = [
  'draft.list',
  'draft.get',
  'draft.create',
  'draft.save',
  'draft.whose',
  'draft.versions',
  'draft.version',
  'draft.remove',
  'draft.removed',
  'draft.restore',
  'draft.learn',
  'draft.import',
  'draft.export',
  'draft.link',
  'draft.read',
  'draft.write',
  'draft.rewrite',
  'draft.outline',
] as const satisfies readonly (keyof DraftsCalls)[]
