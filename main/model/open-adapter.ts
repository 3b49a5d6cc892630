/** An adapter of any kind, on a device. */
import type { Device } from '../ggml/device.ts'
import type { Adapter, AdapterSpec } from './adapter.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { Ia3 } from './ia3.ts'
import { Lora } from './lora.ts'
import { PromptTuning } from './prompt-tuning.ts'

/** @param capacity most rows of a pack */
export function openAdapter(device: Device, h: Hyperparameters, spec: AdapterSpec, capacity: number): Adapter {
  if (spec.kind === 'ia3') return new Ia3(device, h, capacity)
  if (spec.kind === 'prompt') return new PromptTuning(device, h.width, spec)
  return new Lora(device, h, spec)
}
