/**
 * A page of somebody's, or of a model's, as a part of the window's: whatever its Markdown says, those who go by headings or
 * by a table's heads find no empty ones, and no level passed over on the way down.
 * @param page as `markdownPage` gives it; is changed
 * @returns its HTML, for a place below a heading of the second level
 */
export function asPart(page: HTMLElement): string {
  for (const head of page.querySelectorAll('th')) if (isEmpty(head)) rename(head, 'td')
  const headings = [...page.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((heading) => {
    if (!isEmpty(heading)) return true
    heading.remove()
    return false
  })
  let above = 2
  const levels = [...new Set(headings.map(({ tagName }) => tagName))].sort()
  for (const heading of headings) {
    const level = Math.min(3 + levels.indexOf(heading.tagName), above + 1, 6)
    rename(heading, `h${level}`)
    above = level
  }
  return page.innerHTML
}

function isEmpty({ textContent }: Element): boolean {
  return (textContent ?? '').trim() === ''
}

function rename(element: Element, tag: string): void {
  const renamed = element.ownerDocument.createElement(tag)
  for (const { name, value } of element.attributes) renamed.setAttribute(name, value)
  renamed.append(...element.childNodes)
  element.replaceWith(renamed)
}
