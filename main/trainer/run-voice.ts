/** A run's adapter as a voice file. */
import { type ArrayVoiceInput, promptKeys, promptValues, writeArrayVoice } from '../adapters/array-voice.ts'
import type { VoiceFacts } from '../adapters/voice-facts.ts'
import { writeVoiceFile } from '../adapters/voice-file.ts'
import type { Engine } from '../model/engine.ts'
import { IA3_TARGETS } from '../model/ia3.ts'
import { pairsOf } from '../model/lora.ts'
import type { RunPlan, TrainSettings } from './types.ts'

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
  const { rank, alpha, rslora, targets } = plan.settings
  const { lineage, under, card } = plan
  const facts: VoiceFacts = {
    architecture: plan.base.architecture,
    targets,
    baseSha256: plan.base.sha256,
    baseName: plan.base.id,
    createdAt: plan.createdAt,
    name,
    extra: { ...loraFacts(plan.settings), ...(lineage ? { lineage } : {}), ...(under ? { under } : {}), ...card },
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
    // llama.cpp multiplies by alpha / rank, whatever the scale was made of.
    return writeVoiceFile(file, { ...facts, alpha: rslora ? alpha * Math.sqrt(rank) : alpha, rank, tensors })
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

/** What a plain LoRA's file does not tell: `alpha` as it was given, since the file's own is alpha × √rank for rsLoRA. */
function loraFacts({ alpha, rslora, lrRatioB = 1 }: TrainSettings): Record<string, unknown> {
  return { ...(rslora ? { rslora, alpha } : {}), ...(lrRatioB === 1 ? {} : { lrRatioB }) }
}
