/** How a run was computed, as far as that turns its numbers' last bits: sums in another order round otherwise. */
import os from 'node:os'
import { keptChoice, readPlan } from './run-folder.ts'

export interface Computed {
  /** The processor's name. */
  cpu: string
  /** Backend of the products: `cpu`, or that of a GPU. */
  device: string
  /** Types of the weights and of attention's products, chosen by measuring the device for a moment. */
  forms: string
  lanes: number
  threads: number
}

/**
 * Of a run folder; null before its first start, and for runs of earlier versions.
 * @param threads of this start, where they are not the plan's
 */
export function computedIn(folder: string, threads = readPlan(folder).settings.threads): Computed | null {
  const choice = keptChoice(folder)
  // A choice of an earlier version has no forms.
  if (choice?.forms === undefined) return null
  const { type, buffers, asFiled = [], productType } = choice.forms
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    device: choice.device,
    forms: [type, buffers && `in ${buffers}`, asFiled.length > 0 && `${asFiled} as filed`, `products in ${productType}`]
      .filter(Boolean)
      .join(', '),
    lanes: Math.min(choice.lanes ?? 1, threads),
    threads,
  }
}
