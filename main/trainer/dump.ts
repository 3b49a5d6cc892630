/** The first step's loss, gradients and batch, written for a comparison with another implementation (test/reference). */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from '../gguf/values.ts'
import { writeGguf } from '../gguf/write.ts'
import type { Engine } from '../model/engine.ts'
import type { PairValues } from '../model/lora.ts'
import { writeExamples } from './examples-file.ts'
import type { TokenExample } from './types.ts'

/** Writes `gradients.gguf` (`<weight>.lora_a.grad`, `.lora_b.grad`), `batch.bin` and `loss.json` into a folder. */
export function dumpGradients(folder: string, engine: Engine, gradients: PairValues[], loss: number, batch: TokenExample[]): void {
  mkdirSync(folder, { recursive: true })
  const lora = engine.lora as NonNullable<Engine['lora']>
  writeGguf(path.join(folder, 'gradients.gguf'), {
    metadata: { 'general.type': text('gradients'), 'general.architecture': text(engine.h.architecture) },
    tensors: lora.pairs.flatMap((pair, i) => {
      const { a, b } = gradients[i] as PairValues
      return [
        { name: `${pair.tensor}.lora_a.grad`, type: 'F32' as const, shape: [pair.inputs, lora.spec.rank], data: a },
        { name: `${pair.tensor}.lora_b.grad`, type: 'F32' as const, shape: [lora.spec.rank, pair.outputs], data: b },
      ]
    }),
  })
  writeExamples(path.join(folder, 'batch.bin'), batch, [])
  writeFileSync(path.join(folder, 'loss.json'), `${JSON.stringify({ loss, examples: batch.length })}\n`)
}
