/**
 * What a page shows, asked of the page itself: is all of it in sight and in reach, how long are its lines, what moves.
 * Each answer is a list of what is wrong in words; empty: nothing. Knows no spaces.
 */
import type { Page } from 'playwright-core'

/**
 * Words that are cut off, words and controls that nobody gets to see or press however they scroll, and what scrolls
 * sideways. Scrolls all there is to scroll, and back. @param within what stands above the rest and is all that
 * can be pressed, where it is there
 */
export function outOfSight(page: Page, within = 'dialog[open]'): Promise<string[]> {
  return page.evaluate((within) => {
    const CONTROLS = 'button, input, select, textarea, summary, a[href], [role="option"], [contenteditable="true"]'
    const root = document.querySelector(within) ?? document.body
    const found = new Set<string>()
    const scrolled = new Map<Element, number>()
    const hides = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip'
    const scrolls = (overflow: string): boolean => overflow === 'auto' || overflow === 'scroll'
    const nameOf = (element: Element): string => {
      const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\s+/g, ' ').trim()
      return `${element.tagName.toLowerCase()}.${element.className} “${text.slice(0, 60)}”`
    }
    const above = (element: Element): Element[] => {
      const all: Element[] = []
      for (let at = element.parentElement; at && at !== document.documentElement; at = at.parentElement) all.push(at)
      return all
    }
    /** For eyes, that is: not what is there for screen readers alone, or comes with the focus. */
    const meant = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.closest('.skip, .cm-announced, [inert]') &&
      ![element, ...above(element)].some((at) => getComputedStyle(at).clipPath === 'inset(50%)')
    const cutWithAWay = (element: Element): boolean =>
      getComputedStyle(element).textOverflow === 'ellipsis' &&
      element.closest('[title], button, [role="option"]') !== null

    function cutOff(node: Text): boolean {
      const range = document.createRange()
      range.selectNodeContents(node)
      const rects = [...range.getClientRects()].filter(({ width }) => width > 0)
      let [x, y] = [true, true]
      const parent = node.parentElement
      for (const at of parent ? [parent, ...above(parent)] : []) {
        const style = getComputedStyle(at)
        const box = at.getBoundingClientRect()
        if (x && hides(style.overflowX) && rects.some((r) => r.left < box.left - 1 || r.right > box.right + 1)) {
          return !cutWithAWay(at)
        }
        if (y && hides(style.overflowY) && rects.some((r) => r.top < box.top - 3 || r.bottom > box.bottom + 3))
          return true
        if (scrolls(style.overflowX) && at.scrollWidth > at.clientWidth) x = false
        if (scrolls(style.overflowY)) y = false
        if (style.position === 'fixed') break
      }
      return x && rects.some((r) => r.left < -1 || r.right > innerWidth + 1)
    }

    /** As a wheel does, to the middle of whatever scrolls. */
    function scrollTo(element: Element): void {
      for (const at of above(element)) {
        if (!scrolls(getComputedStyle(at).overflowY) || at.scrollHeight <= at.clientHeight) continue
        if (!scrolled.has(at)) scrolled.set(at, at.scrollTop)
        const box = at.getBoundingClientRect()
        const own = element.getBoundingClientRect()
        at.scrollTop += own.top + own.height / 2 - box.top - box.height / 2
      }
    }

    /** What stands before it, or nothing. */
    function before(element: Element, control: boolean): string | null {
      const [box] = element.getClientRects()
      if (!box) return null
      for (const share of control ? [0.5, 0.2, 0.8] : [0.5]) {
        const hit = document.elementFromPoint(box.left + box.width * share, box.top + box.height / 2)
        if (!hit) return 'out of the window'
        if (element.contains(hit) || (control ? hit.closest('label')?.contains(element) : hit.contains(element)))
          continue
        return nameOf(hit)
      }
      return null
    }

    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    const spoken = new Set<Element>()
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      if (!parent || !node.textContent?.trim() || parent.closest('script, style, option') || !meant(parent)) continue
      if (cutOff(node as Text)) found.add(`cut off: ${nameOf(parent)}`)
      spoken.add(parent)
    }
    const controls = [...root.querySelectorAll(CONTROLS)].filter(meant)
    for (const element of new Set([...controls, ...spoken])) {
      const control = controls.includes(element)
      scrollTo(element)
      const covered = before(element, control)
      if (covered !== null) found.add(`not in reach: ${nameOf(element)} behind ${covered}`)
      const { left, right } = element.getBoundingClientRect()
      if (control && (left < -1 || right > innerWidth + 1)) found.add(`sticks out: ${nameOf(element)}`)
    }
    for (const [element, top] of scrolled) element.scrollTop = top
    for (const element of [document.documentElement, ...root.querySelectorAll('*')]) {
      const sideways = element === document.documentElement || scrolls(getComputedStyle(element).overflowX)
      if (sideways && element.checkVisibility() && element.scrollWidth > element.clientWidth + 1) {
        found.add(`scrolls sideways: ${element.tagName.toLowerCase()}.${element.className}`)
      }
    }
    return [...found]
  }, within)
}

/** Lines of running text, and of fields for it, that are longer than this many characters. */
export function longLines(page: Page, most: number): Promise<string[]> {
  return page.evaluate((most) => {
    const found = new Set<string>()
    const texts = new Map<Element, Text[]>()
    const walker = document.createTreeWalker(
      document.querySelector('dialog[open]') ?? document.body,
      NodeFilter.SHOW_TEXT,
    )
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      let block = node.parentElement
      if (!node.textContent?.trim() || !block?.checkVisibility()) continue
      while (block && getComputedStyle(block).display === 'inline') block = block.parentElement
      if (block) texts.set(block, [...(texts.get(block) ?? []), node as Text])
    }
    for (const [block, nodes] of texts) {
      const characters = nodes.reduce((sum, { data }) => sum + data.replace(/\s+/g, ' ').length, 0)
      // What ends in an ellipsis is as long as its box.
      if (characters <= most || getComputedStyle(block).textOverflow === 'ellipsis') continue
      const lines = new Map<number, { left: number; right: number }>()
      for (const node of nodes) {
        const range = document.createRange()
        range.selectNodeContents(node)
        for (const { left, right, bottom } of range.getClientRects()) {
          const line = lines.get(Math.round(bottom / 8)) ?? { left, right }
          lines.set(Math.round(bottom / 8), { left: Math.min(line.left, left), right: Math.max(line.right, right) })
        }
      }
      const widths = [...lines.values()].map(({ left, right }) => right - left).filter((width) => width > 1)
      const all = widths.reduce((sum, width) => sum + width, 0)
      const longest = Math.round((characters * Math.max(0, ...widths)) / (all || 1))
      if (longest > most) found.add(`${longest} characters: “${block.textContent?.trim().slice(0, 60)}”`)
    }
    const pen = document.createElement('canvas').getContext('2d')
    for (const field of document.querySelectorAll('textarea')) {
      if (!pen || !field.checkVisibility()) continue
      const { font, paddingLeft, paddingRight } = getComputedStyle(field)
      pen.font = font
      const sample = 'They measured it twice, and wrote it down. '
      const width = field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
      const fits = Math.round((width * sample.length) / pen.measureText(sample).width)
      if (fits > most) found.add(`${fits} characters: the field ${field.getAttribute('aria-label') ?? field.id}`)
    }
    return [...found]
  }, most)
}

/** Buttons, fields and rows that the window's width pulled along, wider than so many times the letter's size. */
export function stretched(page: Page, most: { button: number; field: number; row: number }): Promise<string[]> {
  return page.evaluate(({ button, field, row }) => {
    const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    return [...document.querySelectorAll('.button, input:not([type="range"]), select, textarea, [role="row"]')]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ element, wide: Math.round(element.getBoundingClientRect().width / em) }))
      .filter(
        ({ element, wide }) =>
          wide > (element.matches('.button') ? button : element.matches('[role="row"]') ? row : field),
      )
      .map(
        ({ element, wide }) =>
          `${wide} rem: ${element.getAttribute('aria-label') ?? element.textContent ?? element.id}`,
      )
  }, most)
}

/** Whatever takes longer than a moment to move, or goes on moving, as it is styled now. */
export function motions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const MOMENT = 0.05
    const longest = (durations: string): number =>
      Math.max(...durations.split(',').map((each) => Number.parseFloat(each) / (each.trim().endsWith('ms') ? 1000 : 1)))
    const found = new Set<string>()
    for (const element of document.querySelectorAll('*')) {
      for (const part of ['', '::before', '::after']) {
        const style = getComputedStyle(element, part || undefined)
        const name = `${element.tagName.toLowerCase()}.${element.classList[0] ?? ''}${part}`
        if (style.animationName !== 'none' && longest(style.animationDuration) > MOMENT) {
          found.add(`${name}: ${style.animationName}`)
        }
        if (longest(style.transitionDuration) > MOMENT) found.add(`${name}: ${style.transitionProperty}`)
        if (style.scrollBehavior === 'smooth') found.add(`${name}: scrolls smoothly`)
      }
    }
    return [...found]
  })
}
