/**
 * Whose writing: which pieces are the owner's finished own and may train a voice, and which are asked about.
 * Pieces without an author are the owner's; of the named authors the one who wrote most is taken for the owner.
 */
import path from 'node:path'
import type { DocumentSummary, ImportQuestion } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import type { Claim } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

const OWNER = 'library.owner'
const EXAMPLES = 3

interface Decision {
  status: DocumentSummary['status']
  question: string | null
}

/** Two spellings of one name (`Maëlle Salmon`, `maelle-salmon`) have the same key. */
export function authorKey(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}

/**
 * Key of the author who is the owner, or null: more pieces than name no author, and more than half of those that name
 * one. Without such an author every name is asked about.
 */
export function dominantAuthor(claims: Pick<Claim, 'authors'>[]): string | null {
  const counts = new Map<string, number>()
  let named = 0
  for (const { authors } of claims) {
    if (authors.length > 0) named++
    for (const key of new Set(authors.map(authorKey))) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const [key, count] of counts) {
    if (count > claims.length - named && 2 * count > named) return key
  }
  return null
}

/** Does this file stand in the folder, or in one below it? */
export function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)
}

const excludedOf = (store: Store): string[] => store.folders.exclusions().map(({ folder }) => folder)

/** @param excluded folders whose pieces the owner keeps for reading only */
export function decide(
  claim: Pick<Claim, 'authors' | 'draft'> & { path?: string },
  owner: string | null,
  answers: ReadonlyMap<string, boolean>,
  excluded: readonly string[] = [],
): Decision {
  if (excluded.some((folder) => isBelow(claim.path ?? '', folder))) return { status: 'excluded', question: null }
  const keys = claim.authors.map(authorKey)
  const isOwners = keys.length === 0 || keys.some((key) => key === owner || answers.get(`author:${key}`) === true)
  if (!isOwners) {
    const unknown = keys.find((key) => !answers.has(`author:${key}`))
    return unknown === undefined
      ? { status: 'excluded', question: null }
      : { status: 'asked', question: `author:${unknown}` }
  }
  if (!claim.draft) return { status: 'mine', question: null }
  const answer = answers.get('draft')
  if (answer === undefined) return { status: 'asked', question: 'draft' }
  return { status: answer ? 'mine' : 'excluded', question: null }
}

/** Decides one piece that just came in by what is known so far; `decideAll` follows at the import's end. */
export function decideOne(store: Store, piece: Pick<Claim, 'id' | 'path' | 'authors' | 'draft'>): void {
  if (store.documents.get(piece.id)?.decided) return
  const { status, question } = decide(piece, store.settings.get<string>(OWNER), store.answers.all(), excludedOf(store))
  store.documents.setClaim(piece.id, status, question)
}

/**
 * Decides every piece on which the owner has not decided singly. The owner's name, once found, stays while any piece
 * bears it: what trained a voice yesterday is not doubted because another's folder came in.
 */
export function decideAll(store: Store): void {
  store.transaction(() => {
    const claims = store.documents.claims()
    let owner = store.settings.get<string>(OWNER)
    if (owner === null || !claims.some((claim) => claim.authors.some((name) => authorKey(name) === owner))) {
      owner = dominantAuthor(claims)
      store.settings.set(OWNER, owner)
    }
    const answers = store.answers.all()
    const excluded = excludedOf(store)
    for (const claim of claims) {
      if (claim.decided) continue
      const { status, question } = decide(claim, owner, answers, excluded)
      if (status !== claim.status || question !== claim.question) store.documents.setClaim(claim.id, status, question)
    }
  })
}

/** The open questions, those about most pieces first. */
export function questions(store: Store): ImportQuestion[] {
  const groups = new Map<string, Claim[]>()
  for (const claim of store.documents.claims()) {
    if (claim.status !== 'asked' || claim.question === null) continue
    const group = groups.get(claim.question)
    if (group) group.push(claim)
    else groups.set(claim.question, [claim])
  }
  return [...groups]
    .map(([id, claims]): ImportQuestion => {
      const names = claims[0]?.authors ?? []
      return {
        id,
        kind: id === 'draft' ? 'draft' : 'author',
        author: id === 'draft' ? null : (names.find((name) => `author:${authorKey(name)}` === id) ?? null),
        documents: claims.length,
        examples: claims.slice(0, EXAMPLES).map((claim) => claim.title),
      }
    })
    .sort((a, b) => b.documents - a.documents)
}

/**
 * Takes the owner's answer, for these pieces and all that come later under the same question, and returns what is
 * still open. Throws IdiolectError `NoSuchQuestion`.
 */
export function answerQuestion(store: Store, question: string, mine: boolean): ImportQuestion[] {
  const open = questions(store)
  if (!open.some(({ id }) => id === question)) {
    throw new IdiolectError(
      'NoSuchQuestion',
      `There is no open question ${question}; open are: ${open.map(({ id }) => id).join(', ') || 'none'}`,
    )
  }
  store.answers.put(question, mine)
  decideAll(store)
  return questions(store)
}
