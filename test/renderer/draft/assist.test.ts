/** What stands after Stop: words that can be taken, or nothing at all. On an editor's state, without a page around it. */
import { EditorState, type TransactionSpec } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import { expect, it } from 'vitest'
import { authorship, withAuthorship } from '../../../renderer/lib/draft/authorship.ts'
import { ghostText } from '../../../renderer/lib/draft/ghost.ts'
import { stretch } from '../../../renderer/lib/draft/marked.ts'
import { spansOf } from '../../../renderer/lib/draft/spans.ts'
import type { AppStore } from '../../../renderer/state/app.svelte.ts'
import type { DraftStore } from '../../../renderer/state/draft.svelte.ts'
import { DraftAssist } from '../../../renderer/state/draft-assist.svelte.ts'
import type { DraftEditor } from '../../../renderer/state/draft-editor.svelte.ts'

const TEXT = 'The stove stood against the wall. Nobody had asked it.'

/** The first sentence is selected and being rewritten, by a model that writes when the test says so. */
function rewriting() {
  let state = EditorState.create({
    doc: TEXT,
    selection: { anchor: 0, head: 33 },
    extensions: [withAuthorship([]), stretch, ghostText],
  })
  const view = {
    get state() {
      return state
    },
    dispatch: (spec: TransactionSpec) => {
      state = state.update(spec).state
    },
    focus: () => {},
    hasFocus: false,
  }
  let write = (_: { request: string; index: number; text: string }): void => {}
  let request = ''
  const app = {
    state: { base: 'tiny', voice: null },
    on: (_: string, listener: typeof write) => {
      write = listener
    },
    call: (_: string, input: { request: string }) => {
      request = input.request
      return new Promise(() => {})
    },
    attempt: (run: () => Promise<unknown>) => run(),
    cancel: async () => {},
  }
  const drafts = { choice: { options: {} }, sight: { byItself: false } }
  const editor = { view: view as unknown as EditorView }
  const assist = new DraftAssist(
    app as unknown as AppStore,
    drafts as unknown as DraftStore,
    editor as unknown as DraftEditor,
  )
  void assist.rewriteAs('shorter')
  return {
    assist,
    text: () => state.doc.toString(),
    state: () => state,
    write: (text: string) => write({ request, index: 0, text }),
  }
}

it('Stop before the first word leaves nothing to take, and the text as it was', () => {
  for (const come of ['', ' \n']) {
    const { assist, text, write, state } = rewriting()
    expect(assist.running).toBe('rewrite')
    if (come) write(come)
    assist.stop()
    assist.take()
    expect(text()).toBe(TEXT)
    expect([assist.rewrite, assist.running]).toEqual([null, null])
    // What was to be rewritten is selected as it was before.
    expect(state().field(stretch)).toBeNull()
    expect(state().selection.main).toMatchObject({ from: 0, to: 33 })
  }
})

it('Stop after some words leaves those to be taken', () => {
  const { assist, text, write, state } = rewriting()
  write('The stove stood.')
  assist.stop()
  expect(assist.rewrite).toMatchObject({ after: 'The stove stood.', running: false })
  assist.take()
  expect(text()).toBe('The stove stood. Nobody had asked it.')
  expect(spansOf(state().field(authorship), text().length).map(({ author }) => author)).toContain('assistant')
})
