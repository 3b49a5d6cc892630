/** Tells when a writer pauses at the end of a line that they have just typed in: the moment for an offer to go on. */
import type { EditorState } from '@codemirror/state'
import type { ViewUpdate } from '@codemirror/view'

const PAUSE_MS = 1500

export class WritingPause {
  #timer: ReturnType<typeof setTimeout> | null = null
  #onpause: (state: EditorState) => void

  /** `onpause`: with the text as it stood when the pause began. */
  constructor(onpause: (state: EditorState) => void) {
    this.#onpause = onpause
  }

  /** To be told of every change of the text or the selection. `wanted`: is a pause to be told of. */
  follow({ state, transactions }: ViewUpdate, wanted: boolean): void {
    this.end()
    const { main } = state.selection
    const atEnd = main.empty && state.doc.lineAt(main.head).to === main.head
    const typed = transactions.some((transaction) => transaction.isUserEvent('input.type'))
    if (wanted && typed && atEnd) this.#timer = setTimeout(() => this.#onpause(state), PAUSE_MS)
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}
