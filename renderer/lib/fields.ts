/** Is this where somebody writes? Then the focus is theirs. */
export function isTextField(element: Element | null): boolean {
  if (element instanceof HTMLInputElement)
    return !/^(button|checkbox|radio|range|submit|reset|file|color)$/.test(element.type)
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLElement && element.isContentEditable)
}
