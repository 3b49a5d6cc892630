/**
 * An author's profile by counting, without a model: the tags or scores that they usually give, how their titles or
 * sentences are built. What a base of 135M would have to infer from ten entries is here exact, over the whole history.
 */
import type { RetrievedPair, TaskName } from '../examples/types.ts'
import { sentenceBreaks, wordBreaks } from '../segments.ts'

/** What of a history is counted: what the author was given or wrote from, and what they made of it. */
export type HistoryEntry = Pick<RetrievedPair, 'input' | 'answer'>

/** Labels, words and beginnings named at most; the profile is cut to some 96 tokens where it is used. */
const MOST_TAGS = 12
const MOST_WORDS = 8
/** A habit is named from this share of the answers on. */
const HABIT = 0.1
/** A word that stands in more of the texts than this belongs to the language, not to the author. */
const COMMON = 0.4

/** A few plain sentences of what the history shows; empty for an empty history. */
export function countsProfile(task: TaskName, history: readonly HistoryEntry[]): string {
  const answers = history.map(({ answer }) => answer.replace(/\s+/g, ' ').trim()).filter((answer) => answer !== '')
  if (answers.length === 0) return ''
  if (task === 'tag') return tagProfile(answers)
  if (task === 'rate') return scoreProfile(answers)
  if (task === 'headline') return titleProfile(answers, history)
  return proseProfile(answers)
}

function tagProfile(answers: string[]): string {
  const ranked = rank(answers)
  const named = ranked.slice(0, MOST_TAGS).map(({ value, count }) => `${value} (${percent(count / answers.length)})`)
  const rest = ranked.length - named.length
  return `Usual tags: ${named.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}.`
}

function scoreProfile(answers: string[]): string {
  const ranked = rank(answers)
  const named = ranked.slice(0, MOST_TAGS).map(({ value, count }) => `${value} (${percent(count / answers.length)})`)
  const scores = answers.map(Number).filter(Number.isFinite)
  if (scores.length === 0) return `Usual scores: ${named.join(', ')}.`
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const range = `lowest ${Math.min(...scores)}, highest ${Math.max(...scores)}`
  return `Usual scores: ${named.join(', ')}. Mean ${mean.toFixed(1)}, ${range}.`
}

function titleProfile(answers: string[], history: readonly HistoryEntry[]): string {
  const lengths = answers.map((answer) => wordsOf(answer).length)
  const [short, middle, long] = [0.1, 0.5, 0.9].map((share) => quantile(lengths, share)) as [number, number, number]
  const extent = short === long ? '' : `, from ${short} to ${long}`
  const sentences = [`Titles of about ${middle} ${middle === 1 ? 'word' : 'words'}${extent}.`]
  const marks: [string, RegExp][] = [
    ['a colon', /[:：]/],
    ['a question mark', /[?？؟]/],
    ['an exclamation mark', /[!！]/],
    ['a dash', /\s[-–—]\s|[–—]/],
    ['a number', /\p{N}/u],
    ['quotation marks', /["“”«»「」]/],
    ['brackets', /[([（]/],
  ]
  const habits = marks
    .map(([name, mark]) => ({ name, share: answers.filter((answer) => mark.test(answer)).length / answers.length }))
    .filter(({ share }) => share >= HABIT)
    .sort((a, b) => b.share - a.share)
    .map(({ name, share }) => `${name} (${percent(share)})`)
  if (habits.length > 0) sentences.push(`Often with ${habits.join(', ')}.`)
  const capitals = capitalsOf(answers)
  if (capitals) sentences.push(capitals)
  const begun = beginnings(answers)
  if (begun.length > 0) sentences.push(`Often begin: ${begun.map((text) => `“${text}”`).join(', ')}.`)
  const words = ownWords(
    answers,
    history.map(({ input }) => input),
  )
  if (words.length > 0) sentences.push(`Often used: ${words.join(', ')}.`)
  return sentences.join(' ')
}

function proseProfile(answers: string[]): string {
  const sentences = answers.flatMap((answer) => [...sentenceBreaks.segment(answer)].map(({ segment }) => segment))
  const lengths = sentences.map((sentence) => wordsOf(sentence).length).filter((length) => length > 0)
  const parts = lengths.length === 0 ? [] : [`Sentences of about ${quantile(lengths, 0.5)} words.`]
  const marks: [string, RegExp][] = [
    ['commas', /[,،、，]/g],
    ['semicolons', /[;；؛]/g],
    ['colons', /[:：]/g],
    ['dashes', /[–—]|\s-\s/g],
    ['questions', /[?？؟]/g],
    ['exclamations', /[!！]/g],
    ['quotation marks', /["“”«»「」]/g],
    ['brackets', /[([（]/g],
  ]
  const text = answers.join('\n')
  const habits = marks
    .map(([name, mark]) => ({ name, each: (text.match(mark)?.length ?? 0) / Math.max(1, sentences.length) }))
    .filter(({ each }) => each >= HABIT)
    .sort((a, b) => b.each - a.each)
    .map(({ name, each }) => `${name} (${each.toFixed(1)})`)
  if (habits.length > 0) parts.push(`In a sentence: ${habits.join(', ')}.`)
  const words = ownWords(answers, answers)
  if (words.length > 0) parts.push(`Often used: ${words.join(', ')}.`)
  return parts.join(' ')
}

/** How the words after the first are written, of titles whose script has capitals; null where neither way prevails. */
function capitalsOf(titles: string[]): string | null {
  let capital = 0
  let small = 0
  for (const title of titles) {
    for (const word of wordsOf(title).slice(1)) {
      // Short words stay small in either way.
      if (word.length < 4) continue
      if (/^\p{Lu}/u.test(word)) capital++
      else if (/^\p{Ll}/u.test(word)) small++
    }
  }
  const share = capital / (capital + small)
  if (share >= 0.75) return 'Main words are capitalised.'
  return share <= 0.35 ? 'Only first words and names are capitalised.' : null
}

/** Beginnings of up to three words that many titles share, the longer rather than the shorter. */
function beginnings(titles: string[]): string[] {
  const least = Math.max(3, Math.ceil(0.05 * titles.length))
  const found: string[] = []
  const taken = new Set<number>()
  for (const length of [3, 2, 1]) {
    const groups = new Map<string, number[]>()
    titles.forEach((title, index) => {
      const words = title.split(' ')
      if (taken.has(index) || words.length <= length) return
      const begun = words.slice(0, length).join(' ')
      groups.set(begun, [...(groups.get(begun) ?? []), index])
    })
    for (const [begun, indices] of [...groups].sort((a, b) => b[1].length - a[1].length)) {
      if (indices.length < least || found.length === 3) break
      found.push(begun)
      for (const index of indices) taken.add(index)
    }
  }
  return found
}

/** Words in several of `answers` that are not in most of `texts`, most frequent first; one-letter words left out. */
function ownWords(answers: string[], texts: string[]): string[] {
  const inTexts = documentFrequency(texts)
  const least = Math.max(2, Math.ceil(0.03 * answers.length))
  return [...documentFrequency(answers)]
    .filter(([word, count]) => count >= least && word.length > 1 && !/^\p{N}+$/u.test(word))
    .filter(([word]) => (inTexts.get(word) ?? 0) <= COMMON * texts.length)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word]) => word)
}

function documentFrequency(texts: string[]): Map<string, number> {
  const frequency = new Map<string, number>()
  for (const text of texts) {
    for (const word of new Set(wordsOf(text).map((word) => word.toLowerCase()))) {
      frequency.set(word, (frequency.get(word) ?? 0) + 1)
    }
  }
  return frequency
}

/** UTF-16 units that the segmenter is handed at once: its time grows with their square. */
const WINDOW = 500

function wordsOf(text: string): string[] {
  const words: string[] = []
  for (let from = 0; from < text.length; ) {
    let to = from + WINDOW
    // No word goes over white space.
    const space = text.slice(to, to + WINDOW).search(/\s/)
    if (space > 0) to += space
    for (const { segment, isWordLike } of wordBreaks.segment(text.slice(from, to))) if (isWordLike) words.push(segment)
    from = to
  }
  return words
}

/** Values by how often they stand there, equal counts by the value itself. */
function rank(values: string[]): { value: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] as number
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(100 * share))}%`
}
