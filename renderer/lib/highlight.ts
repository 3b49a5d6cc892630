/** Marks a text wherever it stands in an element, across tags, without touching the element (CSS Custom Highlights). */
const NAME = 'found'

/** The result takes the marks back. Does nothing in a browser without highlights. */
export function markText(element: HTMLElement, wanted: string): () => void {
  const needle = wanted.trim().toLowerCase()
  if (needle === '' || typeof Highlight === 'undefined' || !CSS.highlights) return () => {}
  const ranges = rangesOf(element, needle)
  const highlight = CSS.highlights.get(NAME) ?? new Highlight()
  CSS.highlights.set(NAME, highlight)
  for (const range of ranges) highlight.add(range)
  return () => {
    for (const range of ranges) highlight.delete(range)
  }
}

function rangesOf(element: HTMLElement, needle: string): Range[] {
  const nodes: { node: Text; from: number }[] = []
  let text = ''
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node: node as Text, from: text.length })
    text += node.textContent ?? ''
  }
  const lower = text.toLowerCase()
  const ranges: Range[] = []
  // Lower case of another length would mark the wrong place.
  if (lower.length !== text.length) return ranges
  const place = (at: number): [Text, number] | null => {
    const found = nodes.findLast(({ from }) => from <= at)
    return found ? [found.node, at - found.from] : null
  }
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, at + needle.length)) {
    const [start, end] = [place(at), place(at + needle.length - 1)]
    if (!start || !end) continue
    const range = document.createRange()
    range.setStart(...start)
    range.setEnd(end[0], end[1] + 1)
    ranges.push(range)
  }
  return ranges
}
