/**
 * Where the keyboard goes on when the thing that had the focus is gone: a browser drops the focus to the page's body,
 * from where Tab begins anew and a screen reader says nothing. It goes to the next row of the list, to the heading of
 * what is left around, or to the first thing there that can be pressed. Knows elements, and no spaces.
 */

/** What the focus was in, from its parent outwards, and each one's place among its neighbours. */
interface Trail {
  element: Element
  around: { element: Element; place: number }[]
}

const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), summary, [contenteditable="true"], [tabindex="0"]'
const HEADING = 'h1, h2, h3'
/** A list that keeps its focus itself, since its rows come and go as it is scrolled. */
export const KEEPS_ITSELF = 'data-keeps-focus'

/** Where a page puts the focus itself, it does so within so many frames. */
const FRAMES = 2

const placeOf = (element: Element): number => [...(element.parentElement?.children ?? [])].indexOf(element)

function trailOf(element: Element): Trail {
  const around: Trail['around'] = []
  let place = placeOf(element)
  for (let at = element.parentElement; at; at = at.parentElement) {
    around.push({ element: at, place })
    place = placeOf(at)
  }
  return { element, around }
}

/** Not there for eyes: no focus is shown in it. */
function seen(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect()
  return width > 1 && height > 1
}

function firstIn(element: Element | undefined, what: string): HTMLElement | undefined {
  return element && [...element.querySelectorAll<HTMLElement>(what)].find(seen)
}

/** What takes the focus of what is gone, or null where that is left to others. */
function heirOf({ around }: Trail): HTMLElement | null {
  for (const { element, place } of around) {
    if (!element.isConnected) continue
    if (element.hasAttribute(KEEPS_ITSELF)) return null
    // The page itself, and whatever stands around it: its heading tells where one is.
    const main = element.matches('main') ? element : element.querySelector('main')
    if (main instanceof HTMLElement) return firstIn(main, HEADING) ?? main
    if (element instanceof HTMLElement && element.tabIndex >= 0) return element
    const list = element.matches('ul, ol')
    const row = list ? element.children[Math.min(place, element.children.length - 1)] : undefined
    const near = element.matches('li, article')
    const found = firstIn(row, FOCUSABLE) ?? (near || list ? undefined : firstIn(element, HEADING))
    if (found) return found
    const other = firstIn(element, FOCUSABLE)
    if (other) return other
  }
  return null
}

function give(heir: HTMLElement): void {
  if (heir.matches(HEADING)) heir.tabIndex = -1
  heir.focus({ preventScroll: heir.matches('main') })
}

/** From now on, in this document; the result ends it. */
export function keepFocus(): () => void {
  let trail: Trail | null = null
  /** The last one outside every dialog: what a dialog that is taken away gives the focus back to. */
  let outside: Trail | null = null
  let waiting = 0

  const onfocusin = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element) || target === document.body) return
    trail = trailOf(target)
    if (!target.closest('dialog')) outside = trail
  }

  const look = (frames: number): void => {
    waiting = 0
    if (document.activeElement !== document.body || !trail || trail.element.isConnected) return
    if (frames > 0) {
      waiting = requestAnimationFrame(() => look(frames - 1))
      return
    }
    const dialog = trail.around.find(({ element }) => element.matches('dialog'))?.element
    const closed = dialog !== undefined && !(dialog.isConnected && (dialog as HTMLDialogElement).open)
    const from = closed ? outside : trail
    if (!from) return
    const heir = from.element.isConnected ? (from.element as HTMLElement) : heirOf(from)
    if (heir) give(heir)
  }

  const watcher = new MutationObserver(() => {
    // Whatever else changes meanwhile, as a text that streams in, puts it off no further.
    if (waiting === 0) look(FRAMES)
  })
  document.addEventListener('focusin', onfocusin)
  watcher.observe(document.body, { childList: true, subtree: true })
  return () => {
    document.removeEventListener('focusin', onfocusin)
    watcher.disconnect()
    cancelAnimationFrame(waiting)
  }
}
