/** What a file's name says of the piece in it. */
import path from 'node:path'
import { dateFromName } from './dates.ts'

/** Title and date from `2024-05-17-a-day-out.md`, or from its folder's name for `index.md`. */
export function nameFacts(file: string): { title: string; date: string | null; draft: boolean } {
  const folders = path.dirname(file).split(path.sep)
  const base = path.basename(file, path.extname(file))
  const stem = base.toLowerCase() === 'index' ? (folders.at(-1) ?? base) : base
  const { date, rest } = dateFromName(stem)
  const words = (rest || stem).replace(/[-_]+/g, ' ').trim()
  return { title: words.charAt(0).toUpperCase() + words.slice(1), date, draft: folders.includes('_drafts') }
}

/** What programs, cameras and hurried people call files, in the languages of the window. */
const GENERIC = new Set(
  (
    'a ch chap chapter copy doc document draft dsc dscn entry file final img image journal letter my new no note notes of ' +
    'page part post pxl readme rev revised scan screenshot section text the untitled v version vol volume wip ' +
    'abschnitt beitrag bild brief datei der die das dokument ein eintrag endfassung entwurf fassung kap kapitel kopie mein ' +
    'meine neu neue neuer neues notiz notizen nr ohne scan seite tagebuch teil textdokument titel unbenannt von'
  ).split(' '),
)

/**
 * Does this title only repeat a file's name that says nothing: `2024 05 17`, `IMG 2034`, `Chapter 03`, `Untitled`? A name
 * of real words may well be what its author calls the piece.
 */
export function isEmptyName(title: string, file: string): boolean {
  if (title !== nameFacts(file).title) return false
  const words = title.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words.every((word) => /\p{N}/u.test(word) || GENERIC.has(word))
}
