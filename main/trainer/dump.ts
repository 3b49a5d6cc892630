/**
 * What another implementation needs to be held against this one (test/reference): the examples, the adapter before the
 * first step, the first step's gradients, and each step's batch, learning rate, loss and gradient norm.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from '../gguf/values.ts'
import { writeGguf } from '../gguf/write.ts'
import type { Lora, PairValues } from '../model/lora.ts'
import { examplesFile } from './run-folder.ts'
import { writeRunVoice } from './run-voice.ts'
import type { RunPlan } from './types.ts'

export interface DumpedStep {
  /** Places of the batch's examples in examples.bin. */
  batch: number[]
  lr: number
  loss: number
  gradNorm: number
}

export interface Dump {
  /** The first step's gradients: mean per answer token, before clipping. */
  gradients(values: PairValues[]): void
  step(step: DumpedStep): void
  /** Writes `curve.json`. */
  end(): void
}

/** Begins a dump with `examples.bin` and `init.gguf`. */
export function beginDump(folder: string, runFolder: string, plan: RunPlan, lora: Lora, init: PairValues[]): Dump {
  mkdirSync(folder, { recursive: true })
  copyFileSync(examplesFile(runFolder), path.join(folder, 'examples.bin'))
  writeRunVoice(path.join(folder, 'init.gguf'), plan, 'before the first step', lora, init)
  const steps: DumpedStep[] = []
  return {
    gradients(values) {
      writeGguf(path.join(folder, 'gradients.gguf'), {
        metadata: { 'general.type': text('gradients'), 'general.architecture': text(plan.base.architecture) },
        tensors: lora.pairs.flatMap((pair, i) => {
          const { a, b } = values[i] as PairValues
          return [
            {
              name: `${pair.tensor}.lora_a.grad`,
              type: 'F32' as const,
              shape: [pair.inputs, plan.settings.rank],
              data: a,
            },
            {
              name: `${pair.tensor}.lora_b.grad`,
              type: 'F32' as const,
              shape: [plan.settings.rank, pair.outputs],
              data: b,
            },
          ]
        }),
      })
    },
    step: (step) => void steps.push(step),
    end() {
      const curve = {
        batches: steps.map((step) => step.batch),
        lr: steps.map((step) => step.lr),
        weightDecay: plan.settings.weightDecay,
        clip: plan.settings.clip,
        loss: steps.map((step) => step.loss),
        gradNorm: steps.map((step) => step.gradNorm),
      }
      writeFileSync(path.join(folder, 'curve.json'), `${JSON.stringify(curve)}\n`)
    },
  }
}
