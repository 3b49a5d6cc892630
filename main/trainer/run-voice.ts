/** A run's adapter as a voice file. */
import { writeVoiceFile } from '../adapters/voice-file.ts'
import type { Lora, PairValues } from '../model/lora.ts'
import type { RunPlan } from './types.ts'

/** Writes every pair with the plan's facts; dated as the run, so that the same run gives the same bytes. */
export function writeRunVoice(file: string, plan: RunPlan, name: string, lora: Lora, values: PairValues[]): void {
  const { rank, alpha, targets } = plan.settings
  writeVoiceFile(file, {
    architecture: plan.base.architecture,
    alpha,
    rank,
    targets,
    baseSha256: plan.base.sha256,
    baseName: plan.base.id,
    createdAt: plan.createdAt,
    name,
    tensors: lora.pairs.map((pair, i) => ({
      name: pair.tensor,
      K: pair.inputs,
      M: pair.outputs,
      ...(values[i] as PairValues),
    })),
  })
}
