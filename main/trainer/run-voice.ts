/** A run's adapter as a voice file. */
import { type ArrayVoiceInput, promptKeys, promptValues, writeArrayVoice } from '../adapters/array-voice.ts'
import { type VoiceFacts, writeVoiceFile } from '../adapters/voice-file.ts'
import type { Engine } from '../model/engine.ts'
import { IA3_TARGETS } from '../model/ia3.ts'
import { pairsOf } from '../model/lora.ts'
import type { RunPlan } from './types.ts'

/**
 * Writes the adapter's arrays with the plan's facts; dated as the run, so that the same run gives the same bytes.
 * Puts `values` on the engine's device where the file holds more than them: what a prompt leaves in the cache.
 */
export async function writeRunVoice(
  file: string,
  plan: RunPlan,
  name: string,
  engine: Engine,
  values: readonly Float32Array[],
): Promise<void> {
  const { rank, alpha, targets } = plan.settings
  const facts: VoiceFacts = {
    architecture: plan.base.architecture,
    targets,
    baseSha256: plan.base.sha256,
    baseName: plan.base.id,
    createdAt: plan.createdAt,
    name,
  }
  const { adapter, lora } = engine
  if (!adapter) throw new Error('an engine without an adapter has no voice')
  if (lora) {
    const pairs = pairsOf(values)
    const tensors = lora.pairs.map(({ tensor, inputs, outputs }, i) => ({
      name: tensor,
      K: inputs,
      M: outputs,
      ...(pairs[i] as (typeof pairs)[number]),
    }))
    return writeVoiceFile(file, { ...facts, alpha, rank, tensors })
  }
  const arrays: ArrayVoiceInput['arrays'] = adapter.tensors.map(({ name, shape }, i) => ({
    name,
    shape: [...shape],
    data: values[i] as Float32Array,
    type: 'F32',
  }))
  if (adapter.kind === 'ia3') return writeArrayVoice(file, { ...facts, kind: 'ia3', targets: [...IA3_TARGETS], arrays })
  adapter.put(values)
  for (const [i, { k, v }] of (await engine.prefixCache()).entries()) {
    for (const [name, data] of [
      [promptKeys(i), k],
      [promptValues(i), v],
    ] as const) {
      arrays.push({ name, shape: [data.length / adapter.prefix, adapter.prefix], data, type: 'F16' })
    }
  }
  writeArrayVoice(file, { ...facts, kind: 'prompt', targets: [], arrays })
}
