/**
 * How a run will compute: the weights' forms, chosen by measuring this device for a moment (see `weight-forms.ts`),
 * beside the memory plan (see `memory-plan.ts`). Chosen once and kept in the run folder.
 */
import type { Variant } from '../ggml/library.ts'
import type { Forecast } from './memory-plan.ts'
import type { FormChoice } from './weight-forms.ts'

export interface EngineChoice extends Forecast {
  forms: FormChoice
  /** What it was chosen for. On another device it is made anew. */
  device: Variant
  /** Resident bytes of the worker before anything of the engine was there; part of the forecast. */
  nodeBytes: number
}

/** Whether what a run folder holds is a choice of this version, for this device. */
export function isUsable(kept: Partial<EngineChoice> | null, device: Variant): kept is EngineChoice {
  return kept?.forms !== undefined && kept.device === device
}
