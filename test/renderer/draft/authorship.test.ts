/** Whoever wrote a character stays its writer, whatever is done to the text: compared with a list of characters. */
import {
  copyLineDown,
  history,
  historyField,
  isolateHistory,
  moveLineDown,
  moveLineUp,
  redo,
  undo,
} from '@codemirror/commands'
import { EditorState, type StateCommand, type TransactionSpec } from '@codemirror/state'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Random, seeded } from '../../../main/random.ts'
import { authorship, withAuthorship, writtenBy } from '../../../renderer/lib/draft/authorship.ts'
import { forgetClipboard, rememberCopied, rememberWritten } from '../../../renderer/lib/draft/clipboard.ts'
import { historyFrom, historyOf } from '../../../renderer/lib/draft/history.ts'
import {
  type Mark,
  marksOf,
  sliceMarks,
  spansOf,
  type Writer,
  withPlainEnds,
} from '../../../renderer/lib/draft/spans.ts'

const WRITERS: Writer[] = [
  { author: 'owner', voice: null },
  { author: 'assistant', voice: 'a' },
  { author: 'assistant', voice: null },
  { author: 'quoted', voice: null },
]
const OWNER = WRITERS[0] as Writer

function open(text = '', marks: Mark[] = [], kept: string | null = null): EditorState {
  const base = EditorState.create({ doc: text })
  const steps = historyFrom(kept, base.doc)
  const undoing = steps ? [historyField.init(() => steps), history()] : [history()]
  return EditorState.create({ doc: text, extensions: [...undoing, withAuthorship(marks)] })
}

function run(state: EditorState, command: StateCommand): EditorState {
  let next = state
  command({ state, dispatch: (transaction) => (next = transaction.state) })
  return next
}

/** The writer of every character, by the marks. */
function writersOf(state: EditorState): string[] {
  const spans = spansOf(state.field(authorship), state.doc.length)
  return spans.flatMap(({ from, to, author, voice }) => Array<string>(to - from).fill(`${author} ${voice}`))
}

function checkSpans(state: EditorState): void {
  const spans = spansOf(state.field(authorship), state.doc.length)
  let at = 0
  for (const [i, span] of spans.entries()) {
    expect(span.from).toBe(at)
    expect(span.to).toBeGreaterThan(span.from)
    const before = spans[i - 1]
    if (before) expect([before.author, before.voice]).not.toEqual([span.author, span.voice])
    at = span.to
  }
  expect(at).toBe(state.doc.length)
}

/** Edits at random, in which no character is ever written twice: so each has one writer for good. */
function edits(random: Random, steps: number, keep: boolean): void {
  const writers = new Map<string, string>()
  let fresh = 0x4e00
  const write = (writer: Writer, length: number): string => {
    let text = ''
    for (let i = 0; i < length; i++) {
      const char = String.fromCharCode(fresh++)
      writers.set(char, `${writer.author} ${writer.voice}`)
      text += char
    }
    return text
  }
  let state = open()
  let undone = 0
  for (let step = 0; step < steps; step++) {
    const { length } = state.doc
    const from = random.below(length + 1)
    const to = Math.min(length, from + random.below(4) * random.below(6))
    const kind = random.below(12)
    if (kind < 2) state = run(state, undo)
    else if (kind < 3) state = run(state, redo)
    else if (kind < 5 && length > 0) {
      const userEvent = random.below(2) === 0 ? 'delete.backward' : 'delete.selection'
      state = state.update({ changes: { from, to }, userEvent }).state
    } else if (kind === 5 && keep) {
      const kept = historyOf(state)
      const spans = spansOf(state.field(authorship), length)
      state = open(state.doc.toString(), marksOf(spans), kept)
      undone += kept ? 1 : 0
    } else {
      const writer = random.below(2) === 0 ? OWNER : (WRITERS[random.below(WRITERS.length)] as Writer)
      const insert = write(writer, 1 + random.below(5))
      const spec: TransactionSpec = { changes: { from, to: random.below(3) === 0 ? to : from, insert } }
      if (writer.author === 'owner') spec.userEvent = 'input.type'
      else spec.effects = writtenBy.of({ from, to: from + insert.length, ...writer })
      state = state.update(spec).state
    }
    checkSpans(state)
    expect(writersOf(state)).toEqual([...state.doc.toString()].map((char) => writers.get(char)))
  }
  if (keep) expect(undone).toBeGreaterThan(0)
}

beforeEach(forgetClipboard)

describe('authorship', () => {
  for (let seed = 0; seed < 25; seed++) {
    it(`keeps every character's writer through edits, undo and redo (${seed})`, () =>
      edits(seeded(`authorship/${seed}`), 160, false))
  }
  for (let seed = 0; seed < 12; seed++) {
    it(`keeps them over sessions (${seed})`, () => edits(seeded(`sessions/${seed}`), 160, true))
  }

  it('gives what is typed within the words of another to the owner, and closes the gap when it is undone', () => {
    let state = open('abcdef', [{ from: 1, to: 5, author: 'assistant', voice: 'v' }])
    state = state.update({ changes: { from: 3, insert: 'X' }, userEvent: 'input.type' }).state
    expect(state.field(authorship)).toEqual([
      { from: 1, to: 3, author: 'assistant', voice: 'v' },
      { from: 4, to: 6, author: 'assistant', voice: 'v' },
    ])
    state = run(state, undo)
    expect(state.field(authorship)).toEqual([{ from: 1, to: 5, author: 'assistant', voice: 'v' }])
  })

  it('undoes and does again that a range was given to another', () => {
    let state = open('one two three', [{ from: 0, to: 3, author: 'quoted', voice: null }])
    const before = state.field(authorship)
    state = state.update({ effects: writtenBy.of({ from: 0, to: 7, author: 'assistant', voice: null }) }).state
    const after = state.field(authorship)
    state = run(state, undo)
    expect(state.field(authorship)).toEqual(before)
    expect(run(state, redo).field(authorship)).toEqual(after)
  })

  it('moves and copies lines with their writers', () => {
    const mark: Mark = { from: 4, to: 7, author: 'assistant', voice: null }
    const state = open('one\ntwo\nthree', [mark])
    const at = (anchor: number): EditorState => state.update({ selection: { anchor } }).state
    const shown = (moved: EditorState): string[] =>
      moved.field(authorship).map(({ from, to }) => moved.sliceDoc(from, to))
    expect(shown(run(at(5), moveLineUp))).toEqual(['two'])
    expect(shown(run(at(5), moveLineDown))).toEqual(['two'])
    // The other line moves over it.
    expect(shown(run(at(1), moveLineDown))).toEqual(['two'])
    expect(
      shown(run(at(5), copyLineDown))
        .join('')
        .replaceAll('\n', ''),
    ).toBe('twotwo')
  })
})

describe('what comes by the clipboard', () => {
  const paste = (state: EditorState, insert: string, from = 0): EditorState =>
    state.update({ changes: { from, insert }, userEvent: 'input.paste' }).state

  it('keeps its writers within the app', () => {
    rememberCopied('ab\r\ncd', [{ from: 1, to: 4, author: 'assistant', voice: 'v' }])
    expect(paste(open('xy'), 'ab\ncd', 1).field(authorship)).toEqual([
      { from: 2, to: 5, author: 'assistant', voice: 'v' },
    ])
  })

  it('knows what the assistant wrote in any space', () => {
    rememberWritten('r 0', 'The gulls came ')
    rememberWritten('r 0', 'back before the ice did.')
    const state = paste(open(), 'gulls came back before')
    expect(state.field(authorship)).toEqual([{ from: 0, to: 22, author: 'assistant', voice: null }])
  })

  it('takes a few words for the owner’s, and much from elsewhere for quoted', () => {
    expect(paste(open(), 'Skagerrak').field(authorship)).toEqual([])
    // Until the host has said that the assistant did not write it.
    expect(paste(open(), 'A name of four words').field(authorship)).toEqual([
      { from: 0, to: 20, author: 'quoted', voice: null },
    ])
    const much = 'word '.repeat(40)
    expect(paste(open(), much).field(authorship)).toEqual([{ from: 0, to: 200, author: 'quoted', voice: null }])
  })
})

describe('a kept history', () => {
  it('is dropped when it does not fit the text', () => {
    const state = open().update({ changes: { from: 0, insert: 'abc' }, userEvent: 'input.type' }).state
    const kept = historyOf(state)
    expect(run(open('abc', [], kept), undo).doc.toString()).toBe('')
    expect(run(open('abcd', [], kept), undo).doc.toString()).toBe('abcd')
    expect(historyFrom('{"length":', state.doc)).toBeNull()
    expect(historyFrom('{}', state.doc)).toBeNull()
  })

  it('leaves out its oldest steps where it would be too long', () => {
    let state = open()
    for (let i = 0; i < 50; i++) {
      state = state.update({
        changes: { from: 0, insert: 'x'.repeat(100) },
        annotations: isolateHistory.of('full'),
      }).state
    }
    const limit = 2000
    const kept = historyOf(state, limit)
    expect(kept?.length).toBeLessThan(limit + 200)
    let later = open(state.doc.toString(), [], kept)
    for (let i = 0; i < 60; i++) later = run(later, undo)
    expect(later.doc.length).toBeGreaterThan(0)
    expect(later.doc.length).toBeLessThan(state.doc.length)
  })
})

it('counts marks anew where lines end as on Windows', () => {
  const plain = withPlainEnds('ab\r\ncd\r\nef', [{ from: 4, to: 8, author: 'quoted', voice: null }])
  expect(plain.text).toBe('ab\ncd\nef')
  expect(sliceMarks(plain.marks, 0, 8)).toEqual([{ from: 3, to: 6, author: 'quoted', voice: null }])
})
