import type { LabelRow, LabelTask } from '../../preload/contract.ts'
import { chipsOf, countStates, disagreeing, isDecided, lastDecided, pickedAtFirst, toggled } from '../lib/labels.ts'

export type LabelView = 'pieces' | 'disagreements' | 'text'

/** A table's rows: which of them are shown, the one at hand, what is on of each, and what is decided but not answered for. */
export class LabelRows {
  readonly task: LabelTask
  #rows = $state.raw<LabelRow[]>([])
  #picks = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map())
  #current = $state<string | null>(null)
  /** Shown as decided while the host is being told; it has the last word. */
  #pending = new Map<string, { row: LabelRow; by: symbol }>()
  view = $state<LabelView>('pieces')
  show = $state<'all' | 'open' | 'decided'>('all')

  constructor(task: LabelTask) {
    this.task = task
  }

  counts = $derived(countStates(this.#rows))
  /** In the table, in its order. */
  rows: LabelRow[] = $derived.by(() => {
    if (this.view === 'disagreements') return disagreeing(this.#rows)
    if (this.show === 'all') return this.#rows
    return this.#rows.filter((row) => isDecided(row) === (this.show === 'decided'))
  })
  at: number = $derived(
    Math.max(
      0,
      this.rows.findIndex(({ document }) => document === this.#current),
    ),
  )
  current: LabelRow | null = $derived(this.rows[this.at] ?? null)
  all: LabelRow[] = $derived(this.#rows)
  /** What undo would take back. */
  last: string[] = $derived(lastDecided(this.#rows))

  choose(document: string): void {
    this.#current = document
  }

  move(by: number): void {
    const row = this.rows[Math.min(Math.max(0, this.at + by), this.rows.length - 1)]
    if (row) this.choose(row.document)
  }

  picked(row: LabelRow): readonly string[] {
    return this.#picks.get(row.document) ?? pickedAtFirst(row)
  }

  toggle(row: LabelRow, tag: string): void {
    if (row.state === 'written') return
    this.pick(row.document, toggled(this.picked(row), tag))
  }

  /** The nth chip of the row at hand. */
  toggleAt(place: number): void {
    const row = this.current
    const chip = row && chipsOf(row, this.picked(row))[place - 1]
    if (row && chip) this.toggle(row, chip.tag)
  }

  protected pick(document: string, tags: readonly string[]): void {
    this.#picks = new Map(this.#picks).set(document, tags)
  }

  /** All rows anew, as the host has them. */
  protected replace(rows: readonly LabelRow[]): void {
    this.#rows = rows.map((row) => this.#pending.get(row.document)?.row ?? row)
  }

  /** A row as the host has it now, unless it is being decided. */
  protected arrived(row: LabelRow): void {
    if (!this.#pending.has(row.document)) this.#take([row])
  }

  /** Shows these as if the host had answered already. @returns what is to be told when it has: its rows, those that are gone */
  protected expect(
    documents: readonly string[],
    as: (row: LabelRow) => LabelRow,
  ): (rows: readonly LabelRow[] | null, gone?: readonly string[]) => void {
    const by = Symbol()
    const asked = new Set(documents)
    const before = this.#rows.filter(({ document }) => asked.has(document))
    const shown = before.map(as)
    const picks = new Map(this.#picks)
    for (const document of documents) picks.delete(document)
    const undonePicks = this.#picks
    this.#picks = picks
    for (const row of shown) this.#pending.set(row.document, { row, by })
    this.#take(shown)
    return (rows, gone = []) => {
      // What was decided anew meanwhile is shown so until that is answered for.
      const mine = ({ document }: LabelRow): boolean => (this.#pending.get(document)?.by ?? by) === by
      const settled = (rows ?? before).filter(mine)
      for (const document of documents) if (this.#pending.get(document)?.by === by) this.#pending.delete(document)
      if (rows === null)
        for (const { document } of settled) {
          const tags = undonePicks.get(document)
          if (tags && !this.#picks.has(document)) this.pick(document, tags)
        }
      if (gone.length > 0) this.#rows = this.#rows.filter(({ document }) => !gone.includes(document))
      this.#take(settled)
    }
  }

  #take(rows: readonly LabelRow[]): void {
    const own = new Map(rows.map((row) => [row.document, row]))
    const known = this.#rows.map((row) => own.get(row.document) ?? row)
    const there = new Set(this.#rows.map(({ document }) => document))
    this.#rows = [...known, ...rows.filter(({ document }) => !there.has(document))]
  }
}
