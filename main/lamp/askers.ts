/**
 * Which of LaMP's questions are one user's, since its files mostly do not say: taken for two users, one would teach the
 * task adapter that serves the other.
 */
import { hashOf } from '../hash.ts'

export interface Question {
  id: string
  /** Where the file says it. Two that differ are two users, whatever they share. */
  user_id?: string | null
  /** Whole items, their ids among the fields. */
  profile: readonly unknown[]
}

export interface Asker {
  name: string
  /** Places in the list, in its order. */
  questions: number[]
  /** Put together by what their histories share, not by a name. */
  guessed: boolean
}

/**
 * One user a question, but for those that name one user, have one id, have ids of one beginning (`ann-1`, `ann-2`) and an
 * item in common, or have most items of the smaller history in common. In the order of their first questions; called by
 * the name, else by the first question's id, its beginning where it has one.
 *
 * Time is that of reading the items, and for each item of looking at the other histories that hold it.
 */
export function askersOf(questions: readonly Question[]): Asker[] {
  const { join, groups } = createGroups(questions.map(({ user_id }) => user_id ?? null))
  const firsts = new Map<string, number>()
  const joinBy = (key: string, at: number): void => {
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, at)
    else join(first, at)
  }
  for (const [at, { user_id }] of questions.entries()) if (user_id != null) joinBy(`user ${user_id}`, at)
  const histories = numbered(questions)
  for (const [at, { id, user_id }] of questions.entries()) {
    const history = histories[at] as number[]
    if (history.length > 0) joinBy(`history ${history}`, at)
    if (user_id != null) continue
    joinBy(`id ${id}`, at)
    const beginning = beginningOf(id)
    if (beginning !== id) for (const item of history) joinBy(`${item} of ${beginning}`, at)
  }
  joinLike(histories, join)

  const taken = new Set<string>()
  return groups().map(({ name, members }) => {
    const ids = members.map((at) => questions[at]?.id as string)
    const [first = ''] = ids
    const found = [name, beginningOf(first), first].find((one) => one !== null && !taken.has(one))
    const called = found ?? `question ${first}`
    taken.add(called)
    const guessed = members.length > 1 && members.some((at) => questions[at]?.user_id == null)
    return { name: called, questions: members, guessed }
  })
}

function beginningOf(id: string): string {
  return /^(.+)[-_:/]\d+$/.exec(id)?.[1] ?? id
}

/** Of each question its items as numbers, the same for the same item, each once and ascending. */
function numbered(questions: readonly Question[]): number[][] {
  const numbers = new Map<string, number>()
  return questions.map(({ profile }) => {
    const own = profile.map((item) => {
      // Texts are long, and all of a file's stand in memory already.
      const key = hashOf([JSON.stringify(item)])
      const number = numbers.get(key) ?? numbers.size
      numbers.set(key, number)
      return number
    })
    return [...new Set(own)].sort((a, b) => a - b)
  })
}

/** Joins histories that have more than half of the smaller one in common. */
function joinLike(histories: readonly number[][], join: (a: number, b: number) => void): void {
  const holders = new Map<number, number[]>()
  const shared = new Uint32Array(histories.length)
  const seen = new Set<string>()
  for (const [at, history] of histories.entries()) {
    // Equal ones are joined already, or are of two names.
    if (seen.size === seen.add(`${history}`).size) continue
    const others: number[] = []
    for (const item of history) {
      const known = holders.get(item)
      for (const other of known ?? []) {
        if (shared[other] === 0) others.push(other)
        shared[other] = (shared[other] as number) + 1
      }
      if (known) known.push(at)
      else holders.set(item, [at])
    }
    for (const other of others) {
      const smaller = Math.min(history.length, histories[other]?.length ?? 0)
      if (2 * (shared[other] as number) > smaller) join(other, at)
      shared[other] = 0
    }
  }
}

/** @param names of each place, null for none; two of different names are never joined */
function createGroups(names: readonly (string | null)[]): {
  join(a: number, b: number): void
  groups(): { name: string | null; members: number[] }[]
} {
  const above = names.map((_, at) => at)
  const called = [...names]
  const rootOf = (at: number): number => {
    let root = at
    while (above[root] !== root) root = above[root] as number
    above[at] = root
    return root
  }
  return {
    join(a, b) {
      const [first, second] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number]
      const [one, other] = [called[first], called[second]]
      if (first === second || (one != null && other != null && one !== other)) return
      above[second] = first
      called[first] = one ?? other ?? null
    },
    groups() {
      const members = new Map<number, number[]>()
      for (const at of names.keys()) {
        const root = rootOf(at)
        const known = members.get(root)
        if (known) known.push(at)
        else members.set(root, [at])
      }
      return [...members].map(([root, own]) => ({ name: called[root] ?? null, members: own }))
    },
  }
}
