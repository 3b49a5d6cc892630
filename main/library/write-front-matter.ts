/**
 * Tags and a score into a text's front matter, by the smallest edit that does it: order, comments, line ends, quoting and
 * everything below stay as they are. What comes out is read again, and refused unless it says what was wanted and
 * nothing else has changed.
 */
import type { DocumentSummary, Said } from '../../preload/contract.ts'
import { because, type Reason, reasonOf, say } from '../said.ts'
import { type Block, findBlock, splitFrontMatter } from './front-matter.ts'
import { matterFacts } from './matter-facts.ts'
import { type Change, type Edit, type Edits, spliced } from './splice.ts'
import { tomlEdits } from './toml-edits.ts'
import { yamlEdits } from './yaml-edits.ts'

export type Rewritten = { text: string } | Reason

const BOM = '\ufeff'

/** Why files of this kind are never written, or null. */
export function whyNoFrontMatter(kind: DocumentSummary['kind']): Said | null {
  return kind === 'html' ? say('write.html') : kind === 'docx' ? say('write.docx') : null
}

/** @param source the file's text as it stands, with its mark and line ends */
export function withFacts(source: string, change: Change, kind: DocumentSummary['kind']): Rewritten {
  const never = whyNoFrontMatter(kind)
  if (never !== null) return reasonOf(never)
  const mark = source.startsWith(BOM) ? BOM : ''
  const text = source.slice(mark.length)
  if (text.trim() === '') return because('skip.empty')
  if (/\r(?!\n)/.test(text)) return because('write.loneReturn')
  const before = splitFrontMatter(text.replaceAll('\r\n', '\n'))
  if ('reason' in before) return before
  if (says(before.data, change)) return { text: source }
  const block = findBlock(text)
  if (block !== null && 'reason' in block) return block
  const edits = block === null ? fresh(text, change, kind) : editsOf(block, change)
  if ('reason' in edits) return edits
  const after = spliced(text, edits.edits)
  const why = whyWrong(before, after, change, edits.keys)
  return why === null ? { text: mark + after } : reasonOf(why)
}

function editsOf({ mark, matter, at, end }: Block, change: Change): Edits {
  const made = mark === '---' ? yamlEdits(matter, change, end) : tomlEdits(matter, change, end)
  if ('reason' in made) return made
  const moved = made.edits.map((edit) => ({ ...edit, from: edit.from + at, to: edit.to + at }))
  return { ...made, edits: moved }
}

/** A block of its own above a text that has none. */
function fresh(text: string, change: Change, kind: DocumentSummary['kind']): Edits {
  if (kind === 'text') return because('write.plainText')
  if (/^\s*\{\s*["}]/.test(text)) return because('write.jsonBrace')
  if (/^\s*(---|\+\+\+)[ \t]*\r?\n\s*[{[]/.test(text)) return because('write.braces')
  // Remarks alone are no facts to the reader; with a block above them they would be a heading for good.
  if (/^\s*(---|\+\+\+)[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*#.*\r?\n\s*\1/.test(text))
    return because('write.bodyMoves')
  const end = /\r?\n/.exec(text)?.[0] ?? '\n'
  const made = yamlEdits('', change, end)
  if ('reason' in made) return made
  const matter = spliced('', made.edits)
  const edit: Edit = { from: 0, to: 0, text: `---${end}${matter}---${end}${/^\s*\r?\n/.test(text) ? '' : end}` }
  return { ...made, edits: [edit] }
}

/** Does the front matter say this already? */
function says(data: Record<string, unknown>, { tags, rating }: Change): boolean {
  const facts = matterFacts(data)
  const tagsAgree =
    tags === undefined || (facts.tags.length === tags.length && facts.tags.every((tag, i) => tag === tags[i]))
  return tagsAgree && (rating === undefined || facts.rating === rating)
}

function whyWrong(
  before: { data: Record<string, unknown>; body: string },
  after: string,
  change: Change,
  keys: readonly string[],
): Said | null {
  const read = splitFrontMatter(after.replaceAll('\r\n', '\n'))
  if ('reason' in read) return say('write.unsafeMatter', read.said)
  if (!says(read.data, change)) return say('write.unsafeMatter', null)
  if (read.body.trim() !== before.body.trim()) return say('write.bodyMoves')
  const [old, own] = [before, read].map(({ data }) => others(data, keys))
  if (old !== own) return say('write.anchor')
  return null
}

/** All that was not to be changed. */
function others(data: unknown, keys: readonly string[]): string {
  return JSON.stringify(data, (key, value: unknown) => (keys.includes(key) ? undefined : value))
}
