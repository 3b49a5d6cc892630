/**
 * What another implementation needs to be held against this one (test/reference): the examples, the adapter before the
 * first step, the first step's gradients, and each step's batch, learning rate, loss and gradient norm.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from '../gguf/values.ts'
import { writeGguf } from '../gguf/write.ts'
import type { Engine } from '../model/engine.ts'
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
  gradients(values: readonly Float32Array[]): void
  step(step: DumpedStep): void
  /** Writes `curve.json`. */
  end(): void
}

/** Begins a dump with `examples.bin` and `init.gguf`. */
export async function beginDump(
  folder: string,
  runFolder: string,
  plan: RunPlan,
  engine: Engine,
  init: readonly Float32Array[],
): Promise<Dump> {
  mkdirSync(folder, { recursive: true })
  copyFileSync(examplesFile(runFolder), path.join(folder, 'examples.bin'))
  await writeRunVoice(path.join(folder, 'init.gguf'), plan, 'before the first step', engine, init)
  const steps: DumpedStep[] = []
  return {
    gradients(values) {
      writeGguf(path.join(folder, 'gradients.gguf'), {
        metadata: { 'general.type': text('gradients'), 'general.architecture': text(plan.base.architecture) },
        tensors: (engine.adapter?.tensors ?? []).map(({ name, shape }, i) => ({
          name: `${name}.grad`,
          type: 'F32' as const,
          shape: [...shape],
          data: values[i] as Float32Array,
        })),
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
