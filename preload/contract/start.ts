/** The first start: how writing comes in that has no path, and the start's end. */
import type { DocumentSummary } from './library.ts'

/** A file that a window read by itself, since its host sees no path of it: dropped on the page of a browser. */
export interface GivenFile {
  /** With folders, as it was dropped: `posts/2024/tea.md`. */
  name: string
  /** Base64. */
  data: string
  /** When it was last written, milliseconds since 1970: a text without a date stands by this. */
  modified?: number
}

export interface StartCalls {
  /**
   * A text pasted by the owner: kept as a file in the data folder, and imported.
   * `date`: the day it was written, `2024-05-17`; without one it stands before all pieces that have a date.
   */
  'library.paste': { in: { title?: string; date?: string; text: string }; out: DocumentSummary }
  /** Keeps files in the data folder, so that they can be read again; `paths` are then to be imported. */
  'library.keep': { in: { files: GivenFile[] }; out: { paths: string[] } }
  /** The owner has left the first start; it does not come back. */
  'start.leave': { in: Record<string, never>; out: Record<string, never> }
}

export const START_CALLS = [
  'library.paste',
  'library.keep',
  'start.leave',
] as const satisfies readonly (keyof StartCalls)[]
