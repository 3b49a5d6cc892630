/** The part of a text that shows why it was found: a few lines around its marks. */
import type { MarkedText } from '../../preload/contract.ts'
import { beginningWhole, endingWhole } from '../characters.ts'

/** UTF-16 units. */
const LENGTH = 240
/** Shown before the first mark. */
const LEAD = 60

/** @param marks ascending or not, not overlapping */
export function excerptAround(text: string, marks: readonly [number, number][], length = LENGTH): MarkedText {
  const ordered = [...marks].sort((a, b) => a[0] - b[0])
  const from = text.length <= length ? 0 : beginOf(text, densest(ordered, length), length)
  const to = endOf(text, from + length)
  const start = from === 0 ? '' : '…'
  const end = to === text.length ? '' : '…'
  const shift = start.length - from
  return {
    text: start + text.slice(from, to).replace(/\s/g, ' ') + end,
    marks: ordered.filter(([a, b]) => a >= from && b <= to).map(([a, b]): [number, number] => [a + shift, b + shift]),
  }
}

/** Where the window with most marks begins. */
function densest(marks: readonly [number, number][], length: number): number {
  let best = 0
  let most = 0
  marks.forEach(([from], index) => {
    const inside = marks.slice(index).findIndex(([, to]) => to > from + length - LEAD)
    const count = inside < 0 ? marks.length - index : inside
    if (count > most) {
      most = count
      best = from
    }
  })
  return Math.max(0, best - LEAD)
}

function endOf(text: string, at: number): number {
  return at < text.length ? endingWhole(text, at) : text.length
}

/** At a word's beginning, and never so late that the window runs over the end. */
function beginOf(text: string, at: number, length: number): number {
  const latest = Math.max(0, text.length - length)
  const wanted = Math.min(at, latest)
  if (wanted === 0) return 0
  const space = text.slice(0, wanted + 20).lastIndexOf(' ')
  const begin = space > wanted - 20 ? space + 1 : wanted
  return beginningWhole(text, begin)
}
