import type { NoMeaning } from '../../../preload/contract.ts'
import { words } from '../../words/words.ts'

/** Why a search went by words alone, for the reader. */
export function whyNoMeaning(note: NoMeaning): string {
  return note.why === 'pending' ? words.library.meaningPending(note.left) : words.library.meaningNoModel
}
