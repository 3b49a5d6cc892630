/**
 * How likely each of many continuations is after one prompt. They are laid out as a tree by what they begin with in
 * common, and the tree is walked once: a stretch of tokens is one batch, taken back when its branches are done.
 */
import type { Kv, Outcome, Wanted } from './kv.ts'
import type { Ranked } from './types.ts'

/** A stretch of tokens that some continuations share. */
interface Node {
  tokens: number[]
  /** Continuations that end with this stretch. */
  ends: number[]
  next: Node[]
}

/**
 * @param prompt one token at least
 * @param continuations one token at least each
 */
export async function rankContinuations(
  kv: Kv,
  prompt: Int32Array,
  continuations: readonly Int32Array[],
  signal?: AbortSignal,
): Promise<Ranked[]> {
  if (continuations.some(({ length }) => length === 0)) throw new Error('a continuation has no tokens')
  const ranked = continuations.map(({ length }): Ranked => ({ logProbability: 0, tokens: length }))
  const all = continuations.map((_, i) => i)

  /** Walks the branches after `path`; `chances`: log p of each branch's first token. */
  const walk = async (branches: Node[], chances: number[], before: number, path: number[]): Promise<void> => {
    for (const [i, branch] of branches.entries()) {
      signal?.throwIfAborted()
      const sum = before + chances[i]!
      const { tokens, next } = branch
      // What comes last in a continuation is asked for, and not computed itself.
      const held = next.length === 0 ? tokens.slice(0, -1) : tokens
      const wanted = new Map<number, Wanted>()
      for (let at = 0; at + 1 < tokens.length; at++) wanted.set(at, { kind: 'token', token: tokens[at + 1]! })
      if (next.length > 0) wanted.set(tokens.length - 1, { kind: 'tokens', tokens: next.map(firstOf) })
      const outcomes = held.length === 0 ? [] : await kv.extend(Int32Array.from(held), wanted)
      const own = outcomes.reduce(
        (total, outcome) => total + (outcome.kind === 'token' ? outcome.logProbability : 0),
        sum,
      )
      for (const index of branch.ends) ranked[index]!.logProbability = own
      if (next.length > 0) await walk(next, chancesOf(outcomes.at(-1)), own, [...path, ...tokens])
      if (held.length > 0 && !(await kv.takeBack(held.length))) {
        await kv.evaluate(Int32Array.from([...prompt, ...path]), new Map(), signal)
      }
    }
  }

  const branches = branchesOf(continuations, all, 0)
  const last = prompt.length - 1
  const wanted: Wanted = { kind: 'tokens', tokens: branches.map(firstOf) }
  const [outcome] = await kv.evaluate(prompt, new Map([[last, wanted]]), signal)
  await walk(branches, chancesOf(outcome), 0, [])
  return ranked
}

/** The branches that `members` take from position `from` on, in the order of their first members. */
function branchesOf(continuations: readonly Int32Array[], members: number[], from: number): Node[] {
  const groups = new Map<number, number[]>()
  for (const index of members) {
    const token = continuations[index]![from]!
    const group = groups.get(token)
    if (group) group.push(index)
    else groups.set(token, [index])
  }
  return [...groups.values()].map((group) => {
    const first = continuations[group[0]!]!
    let to = from + 1
    while (
      to < first.length &&
      group.every((i) => continuations[i]!.length > to && continuations[i]![to] === first[to])
    )
      to++
    const ends = group.filter((i) => continuations[i]!.length === to)
    const longer = group.filter((i) => continuations[i]!.length > to)
    return { tokens: [...first.subarray(from, to)], ends, next: branchesOf(continuations, longer, to) }
  })
}

const firstOf = ({ tokens }: Node): number => tokens[0]!

function chancesOf(outcome: Outcome | undefined): number[] {
  if (outcome?.kind !== 'tokens') throw new Error("the branches' tokens were asked for")
  return outcome.logProbabilities
}
