/** Markdown set as a page: headings, emphasis, quotes and lists in place, their marks dimmed. Styles: draft.css. */
import { HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language'
import { type Extension, RangeSetBuilder } from '@codemirror/state'
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const style = HighlightStyle.define([
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.strikethrough, class: 'md-struck' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: tags.link, class: 'md-link' },
  { tag: [tags.url, tags.labelName, tags.string], class: 'md-address' },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.meta, tags.comment], class: 'md-mark' },
])

const CLASSES: Record<string, string> = {
  ATXHeading1: 'md-h1',
  SetextHeading1: 'md-h1',
  ATXHeading2: 'md-h2',
  SetextHeading2: 'md-h2',
  ATXHeading3: 'md-h3',
  ATXHeading4: 'md-h3',
  ATXHeading5: 'md-h3',
  ATXHeading6: 'md-h3',
  Blockquote: 'md-quote',
  FencedCode: 'md-block',
  CodeBlock: 'md-block',
  HorizontalRule: 'md-rule',
}

/** How far a list's line hangs, em: its leading space, its mark and the space after it, as Literata sets them. */
function hangOf(line: string): number | null {
  const found = /^(\s*)([-*+]|\d+[.)])\s/.exec(line)
  const mark = found?.[2]?.length ?? 0
  return found ? (found[1] ?? '').length * 0.23 + 0.23 + (mark > 1 ? (mark - 1) * 0.55 + 0.25 : 0.38) : null
}

function linesOf(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const { doc } = view.state
  for (const { from, to } of view.visibleRanges) {
    const classes = new Map<number, Set<string>>()
    syntaxTree(view.state).iterate({
      from,
      to,
      enter(node) {
        const name = CLASSES[node.name]
        if (name) {
          const last = doc.lineAt(Math.min(node.to, to)).number
          for (let n = doc.lineAt(Math.max(node.from, from)).number; n <= last; n++) {
            const names = classes.get(n) ?? new Set()
            classes.set(n, names.add(name))
          }
        }
      },
    })
    const last = doc.lineAt(to).number
    for (let n = doc.lineAt(from).number; n <= last; n++) {
      const line = doc.line(n)
      const names = classes.get(n)
      const hang = line.length < 2000 && !names?.has('md-block') ? hangOf(line.text) : null
      if (!names && hang === null) continue
      const attributes: Record<string, string> = {
        class: [...(names ?? []), ...(hang === null ? [] : ['md-item'])].join(' '),
      }
      if (hang !== null) attributes.style = `--hang: ${hang.toFixed(2)}em`
      builder.add(line.from, line.from, Decoration.line({ attributes }))
    }
  }
  return builder.finish()
}

const lines = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = linesOf(view)
    }
    update(update: ViewUpdate): void {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state)
      if (update.docChanged || update.viewportChanged || parsed) this.decorations = linesOf(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)

export const markdownLook: Extension = [syntaxHighlighting(style), lines]
