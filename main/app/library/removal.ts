/**
 * Pieces that the owner removes. Their files stay, so it is noted that no folder's import brings them back; but a file that only
 * the app had, of a text that was pasted or dropped, goes with its piece.
 */
import path from 'node:path'
import { stateOfFile } from '../../library/check.ts'
import { isBelow } from '../../library/whose.ts'
import { because } from '../../said.ts'
import type { Store } from '../../store/store.ts'
import { deleteLeaving, noteLeaving } from '../leaving-files.ts'

/** Folders of the data folder that hold what came without a path. */
export const PASTED = 'pasted'
export const GIVEN = 'given'

/** Is this the app's own copy of a text, which nobody has in this place but by the app? */
export function isKept({ folder }: Pick<Store, 'folder'>, file: string): boolean {
  return [PASTED, GIVEN].some((name) => isBelow(file, path.join(folder, name)))
}

/**
 * @returns how many there were
 * Errors: IdiolectError `CannotDelete`; the pieces are removed all the same.
 */
export async function removePieces(store: Store, ids: readonly string[]): Promise<number> {
  let removed = 0
  for (const id of ids) removed += (await removePiece(store, id)) ? 1 : 0
  const problem = deleteLeaving(store)
  if (problem) throw problem
  return removed
}

async function removePiece(store: Store, id: string): Promise<boolean> {
  const piece = store.documents.get(id)
  if (!piece) return false
  const state = stateOfFile(piece)
  // A file that is gone may come back by the owner's hand, and then as any other.
  if (state !== 'gone') {
    store.transaction(() => {
      store.removed.add(piece.path, piece.hash)
      // What was written on in it since is more than the piece that the owner saw.
      if (state === 'same' && isKept(store, piece.path)) noteLeaving(store, [path.relative(store.folder, piece.path)])
      else store.skipped.put({ path: piece.path, ...because('skip.removed') })
    })
  }
  return store.removeDocument(id)
}
