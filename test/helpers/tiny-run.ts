/** Runs on tiny models: plans with every setting, and examples in which there is something to learn. */
import { existsSync } from 'node:fs'
import { expect } from 'vitest'
import { seeded } from '../../main/random.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { voiceFile } from '../../main/trainer/run-folder.ts'
import type { RunPlan, SittingOptions, TokenExample, TrainSettings } from '../../main/trainer/types.ts'

/** Answers follow from prompts: each of 8 tokens is one of the prompt's plus one. */
export function learnable(count: number, stream: string): TokenExample[] {
  const random = seeded(stream)
  return Array.from({ length: count }, () => {
    const prompt = Array.from({ length: 8 }, () => random.below(40))
    return { tokens: Int32Array.from([...prompt, ...prompt.map((token) => token + 1)]), answerFrom: 8 }
  })
}

export const TINY_SETTINGS: TrainSettings = {
  rank: 8,
  alpha: 16,
  targets: ['q', 'v', 'down'],
  dropout: 0.05,
  lr: 1e-2,
  warmup: 0.1,
  weightDecay: 0.01,
  clip: 1,
  epochs: 3,
  batch: 8,
  seed: 7,
  threads: 1,
  patience: 0,
}

/**
 * Sittings of a run, each ended by killing its worker at a step.
 * @param sitting how each goes, by the step that it ends at; by default there is a checkpoint after every step
 */
export async function killedAt(
  folder: string,
  steps: readonly number[],
  sitting: (step: number) => SittingOptions = () => ({}),
) {
  for (const at of steps) {
    const training = startTraining(folder, {
      checkpointSeconds: 0,
      ...sitting(at),
      onStep: ({ step }) => {
        if (step === at) process.kill(training.pid as number, 'SIGKILL')
      },
    })
    await expect(training.done).rejects.toThrow(/SIGKILL/)
    expect(existsSync(voiceFile(folder))).toBe(false)
  }
}

/** A plan for the base file; its hash is not looked at by the trainer. */
export function tinyPlan(
  base: string,
  settings: Partial<TrainSettings>,
  examples: { train: number; validation: number },
): RunPlan {
  return {
    version: 1,
    run: 'tiny',
    createdAt: '2026-01-01T00:00:00Z',
    base: { id: 'tiny', file: base, sha256: 'a'.repeat(64), architecture: 'llama' },
    settings: { ...TINY_SETTINGS, ...settings },
    examples,
    about: { name: 'Tiny' },
  }
}
