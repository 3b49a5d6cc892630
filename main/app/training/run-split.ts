/**
 * The library as a run would split it: by time, and so that no text stands on two sides of it, under whatever file it came
 * a second time, and nothing that a voice has learnt stands among what another that goes on from it is proved on.
 */
import type { Said } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { MINIMUM_PIECES } from '../../evaluation/verdict.ts'
import { type HistorySplit, splitByTime } from '../../examples/split.ts'
import type { Piece } from '../../examples/types.ts'
import { ownHistory } from '../../library/history.ts'
import { createSameText } from '../../retrieval/same-text.ts'
import { english, say } from '../../said.ts'
import type { Store } from '../../store/store.ts'
import { commonRunsOf } from '../library/common-runs.ts'

/** What the voice that a run goes on from has learnt already, and those that it came from. */
export interface LearntBefore {
  /** Ids of the pieces. */
  documents: ReadonlySet<string>
  /** What was picked in the app may have been learnt too: these are their texts. */
  picked: string[]
  /** The nearest voice of which nobody knows here what it learnt, by name; null: all is known. */
  unknown: string | null
}

export interface LibrarySplit extends HistorySplit {
  /** Ids of all of the owner's pieces. */
  library: string[]
  /** Is a text one of those held out? */
  isHeldOut: (text: string) => boolean
  /** What was left out or dealt otherwise, and why. */
  notes: Said[]
}

/**
 * What voices have learnt is learnt from again rather than held out.
 * @param before what the voice that the run goes on from has learnt; null: it goes on from none
 * Errors: IdiolectError `TooFewPieces` where too few pieces are left to prove on.
 */
export function splitLibrary(store: Store, before: LearntBefore | null = null): LibrarySplit {
  const { pieces, assistants } = ownHistory(store)
  const split = splitByTime(pieces)
  const isLearnt = before === null ? () => false : learntTest(store, pieces, before)
  const again = [...split.validation, ...split.proof].filter(isLearnt)
  const unseen = (part: Piece[]): Piece[] =>
    again.length === 0 ? part : part.filter((piece) => !again.includes(piece))
  const proof = unseen(split.proof)
  checkProof(split.proof.length, proof.length)
  const [learnable, held] = [[...split.training, ...again], unseen(split.validation)]
  const { twins, isHeldOut } = sameTexts(store, learnable, held, proof)
  const notTwin = ({ id }: Piece): boolean => !twins.has(id)
  return {
    ...split,
    training: learnable.filter(notTwin),
    validation: held.filter(notTwin),
    proof,
    library: pieces.map(({ id }) => id),
    isHeldOut,
    notes: [
      ...(again.length > 0 ? [say('note.learntBefore', again.length)] : []),
      ...(twins.size > 0 ? [say('note.twins', twins.size)] : []),
      ...(assistants > 0 ? [say('note.assistants', assistants)] : []),
    ],
  }
}

function checkProof(newest: number, unseen: number): void {
  const least = Math.min(MINIMUM_PIECES, newest)
  if (unseen >= least) return
  const said = say('note.fewUnseen', newest, unseen, least)
  throw new IdiolectError('TooFewPieces', english(said), 'Import newer pieces, or train anew from the beginning.', {
    said,
  })
}

const textsOf = (pieces: readonly Piece[]): string[] => pieces.map(({ text }) => text)

/** A piece that was learnt under another file is known by its text. */
function learntTest(
  store: Store,
  pieces: readonly Piece[],
  { documents, picked }: LearntBefore,
): (piece: Piece) => boolean {
  const learnt = textsOf(pieces.filter(({ id }) => documents.has(id)))
  const isLearnt = createSameText([...learnt, ...picked], commonRunsOf(store))
  return ({ id, text }) => documents.has(id) || isLearnt(text)
}

interface SameTexts {
  /** Ids of the pieces to learn from whose text is held out, and of those to choose settings by whose text is proved on. */
  twins: ReadonlySet<string>
  isHeldOut: LibrarySplit['isHeldOut']
}

/** The last answer for each store: forecasts ask with every setting that is changed, and a long library takes seconds. */
const answers = new WeakMap<Store, SameTexts & { question: string }>()

function sameTexts(store: Store, learnable: Piece[], held: Piece[], proof: Piece[]): SameTexts {
  const parts = [learnable, held, proof]
  // Beside the library, drafts change a history: they take paragraphs from it.
  const sizes = parts.map((part) => [part.length, part.reduce((sum, { text }) => sum + text.length, 0)])
  const question = JSON.stringify([store.libraryVersion(), sizes, [...held, ...proof].map(({ id }) => id)])
  const answer = answers.get(store)
  if (answer?.question === question) return answer
  const common = commonRunsOf(store)
  const isProof = createSameText(textsOf(proof), common)
  const heldTwins = held.filter(({ text }) => isProof(text))
  const isHeld = createSameText(textsOf([...held, ...proof]), common)
  const twins = new Set([...learnable.filter(({ text }) => isHeld(text)), ...heldTwins].map(({ id }) => id))
  // Where no piece for the validation is a twin, it is the same question; else asked only by those who need it.
  let known = heldTwins.length === 0 ? isHeld : null
  const isHeldOut = (text: string): boolean => {
    known ??= createSameText(textsOf([...held.filter(({ id }) => !twins.has(id)), ...proof]), common)
    return known(text)
  }
  const found = { question, twins, isHeldOut }
  answers.set(store, found)
  return found
}
