/** Pieces that the owner removes. Their files stay, so it is noted that no folder's import brings them back. */
import { stateOfFile } from '../../library/check.ts'
import { because } from '../../said.ts'
import type { Store } from '../../store/store.ts'

/** @returns false when there is no such piece */
export async function removePiece(store: Store, id: string): Promise<boolean> {
  const piece = store.documents.get(id)
  if (!piece) return false
  // A file that is gone may come back by the owner's hand, and then as any other.
  if (stateOfFile(piece) !== 'gone') {
    store.transaction(() => {
      store.removed.add(piece.path, piece.hash)
      store.skipped.put({ path: piece.path, ...because('skip.removed') })
    })
  }
  return store.removeDocument(id)
}
