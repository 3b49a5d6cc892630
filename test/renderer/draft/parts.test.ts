/** The draft's pure parts: counting, ghost text, outlines, rewrites. */
import { markdown } from '@codemirror/lang-markdown'
import { EditorState, type StateCommand } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import { countWords as countInService } from '../../../main/library/words.ts'
import { authorship, withAuthorship } from '../../../renderer/lib/draft/authorship.ts'
import { countInSteps, countWords } from '../../../renderer/lib/draft/count.ts'
import {
  beginGhost,
  firstWord,
  ghostText,
  settleGhost,
  streamGhost,
  takeGhost,
  takeGhostWord,
} from '../../../renderer/lib/draft/ghost.ts'
import { outlineAt } from '../../../renderer/lib/draft/outline.ts'
import { changesBetween, partsBetween } from '../../../renderer/lib/draft/rewriting.ts'

const WRITER = { author: 'assistant', voice: 'v' } as const

function run(state: EditorState, command: StateCommand): EditorState {
  let next = state
  command({ state, dispatch: (transaction) => (next = transaction.state) })
  return next
}

describe('counting', () => {
  it.each(['', 'one', 'It’s a well-known thing — 3 times.', '你好 world, 東京', 'a\n\nb\u0301 c', 'שלום עולם 🙂'])(
    'counts %j as the service does',
    (text) => expect(countWords(text).words).toBe(countInService(text)),
  )

  it('counts by writer, a word being its first letter’s', () => {
    const text = 'mine theirs mine'
    const counts = countWords(text, [{ from: 5, to: 9, author: 'assistant', voice: null }])
    expect(counts).toEqual({ words: 3, owner: 2, assistant: 1, quoted: 0 })
  })

  it('takes a long text in steps that cut no word', () => {
    const text = 'longish '.repeat(60_000)
    const steps = [...countInSteps(text, [])]
    expect(steps.length).toBeGreaterThan(3)
    expect(countWords(text).words).toBe(60_000)
  })
})

describe('ghost text', () => {
  const offered = (text: string, ghost: string, streaming = false): EditorState => {
    const state = EditorState.create({
      doc: text,
      selection: { anchor: text.length },
      extensions: [withAuthorship([]), ghostText],
    })
    const items = [{ pos: text.length, text: ghost, indent: null }]
    return state.update({ effects: beginGhost.of({ items, writer: WRITER, streaming }) }).state
  }
  const rest = (state: EditorState): string | undefined => state.field(ghostText)?.items[0]?.text
  const type = (state: EditorState, insert: string): EditorState => {
    const from = state.selection.main.head
    return state.update({ changes: { from, insert }, selection: { anchor: from + insert.length } }).state
  }

  it('is taken whole, as the assistant’s', () => {
    const state = run(offered('It was', ' cold.'), takeGhost)
    expect(state.doc.toString()).toBe('It was cold.')
    expect(state.selection.main.head).toBe(12)
    expect(state.field(authorship)).toEqual([{ from: 6, to: 12, ...WRITER }])
    expect(rest(state)).toBeUndefined()
  })

  it('is taken word by word, and goes on streaming', () => {
    let state = run(offered('It was', ' cold, and', true), takeGhostWord)
    expect(state.doc.toString()).toBe('It was cold,')
    state = state.update({ effects: streamGhost.of({ index: 0, text: ' wet.' }) }).state
    expect(rest(state)).toBe(' and wet.')
    state = run(run(state, takeGhostWord), takeGhostWord)
    expect(state.doc.toString()).toBe('It was cold, and wet.')
    expect(state.field(ghostText)).not.toBeNull()
    expect(state.update({ effects: settleGhost.of(null) }).state.field(ghostText)).toBeNull()
  })

  it('keeps its rest when the owner types the same letters, which are then the owner’s', () => {
    const state = type(offered('It was', ' cold.'), ' co')
    expect(rest(state)).toBe('ld.')
    expect(state.field(authorship)).toEqual([])
    expect(rest(type(state, 'x'))).toBeUndefined()
  })

  it('goes when the cursor does', () => {
    const state = offered('It was', ' cold.')
    expect(rest(state.update({ selection: { anchor: 2 } }).state)).toBeUndefined()
  })

  it('stands under the points of an outline, and follows what is typed elsewhere', () => {
    let state = EditorState.create({ doc: '- one\n- two\n\nEnd.', extensions: [withAuthorship([]), ghostText] })
    const items = [
      { pos: 5, text: 'First.\n\nMore.', indent: '  ' },
      { pos: 11, text: 'Second.', indent: '  ' },
    ]
    state = state.update({ effects: beginGhost.of({ items, writer: WRITER, streaming: false }) }).state
    state = state.update({ changes: { from: 2, insert: 'X' } }).state
    state = run(state, takeGhost)
    expect(state.doc.toString()).toBe('- Xone\n\n  First.\n\n  More.\n\n- two\n\n  Second.\n\nEnd.')
    const shown = state.field(authorship).map(({ from, to }) => state.sliceDoc(from, to))
    expect(shown).toEqual(['First.\n\n  More.', 'Second.'])
  })

  it.each([
    [' cold, and', ' cold,'],
    ['\n\nNext one', '\n\nNext'],
    ['你好世界', '你好'],
    ['“Well,” she', '“Well,”'],
    [' ', ' '],
  ])('takes of %j the word %j', (text, word) => expect(firstWord(text)).toBe(word))
})

describe('an outline', () => {
  const state = (doc: string): EditorState => EditorState.create({ doc, extensions: [markdown()] })
  it('is the whole list around the cursor', () => {
    const doc = 'Text\n\n- The harbour\n- Its *ice*\n  1. in spring\n- [ ] End\n\nMore'
    const outline = outlineAt(state(doc), doc.indexOf('in spring'))
    expect(outline?.points.map(({ text, indent }) => [text, indent])).toEqual([
      ['The harbour', '  '],
      ['Its *ice*', '  '],
      ['in spring', '     '],
      ['End', '  '],
    ])
    expect(doc.slice(0, outline?.points[0]?.end)).toBe('Text\n\n- The harbour')
  })
  it('is none in a paragraph', () => expect(outlineAt(state('Text\n\n- a\n\nMore text'), 12)).toBeNull())
})

describe('a rewrite', () => {
  const before = 'The log was begun in the winter of that year, and nobody knew why.'
  const after = 'The log was begun in the winter of that year. Why, none could say.'

  it('shows what goes and what comes', () => {
    const parts = partsBetween(before, after)
    const join = (...kinds: string[]): string =>
      parts
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ text }) => text)
        .join('')
    expect(join('same', 'gone')).toBe(before)
    expect(join('same', 'new')).toBe(after)
  })

  it('leaves what stays word for word to its writer', () => {
    const { changes, marks, to } = changesBetween(before, after, 4, WRITER)
    const state = EditorState.create({ doc: `Oh. ${before} End.` }).update({ changes }).state
    expect(state.doc.toString()).toBe(`Oh. ${after} End.`)
    expect(to).toBe(4 + after.length)
    expect(marks).toHaveLength(1)
    expect(state.sliceDoc(4, marks[0]?.from)).toBe('The log was begun in the winter of that year')
    expect(marks[0]?.to).toBe(4 + after.length)
  })

  it('leaves what stays in a script without spaces to its writer, too', () => {
    const [before, after] = ['港の朝は静かで、船が並んでいた。', '港の朝は静かで、波の音もなかった。']
    const { changes, marks } = changesBetween(before, after, 0, WRITER)
    const state = EditorState.create({ doc: before }).update({ changes }).state
    expect(state.doc.toString()).toBe(after)
    expect(state.sliceDoc(0, marks[0]?.from)).toBe('港の朝は静かで、')
    // Two characters that happen to be in both are nobody's words.
    expect(changesBetween('船が来る。', '誰が去る。', 0, WRITER).marks[0]?.from).toBe(0)
  })

  it('is the assistant’s as a whole where little stays', () => {
    const { marks } = changesBetween('a b c', 'x b y', 0, WRITER)
    expect(marks).toEqual([{ from: 0, to: 5, ...WRITER }])
  })
})
