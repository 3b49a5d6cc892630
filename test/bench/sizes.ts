/**
 * Speed and memory of training by model size and quantization. The starter model's own weights in other quantizations,
 * and larger shapes with random weights: what a step costs does not depend on what the weights say.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { readGguf } from '../../main/gguf/read.ts'
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { type ModelShape, writeRandomModel } from '../helpers/random-model.ts'
import { writeBaseAs } from './base-as.ts'
import { type OurResult, trainOurs } from './ours.ts'
import { heldAs, ROWS, randomTexts, STEP_SETTINGS } from './step.ts'
import { gigabytes, median } from './table.ts'
import type { BenchOptions, PartResult } from './types.ts'

/** SmolLM2's larger sisters. */
const LARGER: (ModelShape & { name: string })[] = [
  {
    name: '360M',
    blocks: 32,
    width: 960,
    heads: 15,
    kvHeads: 5,
    ff: 2560,
    vocabulary: 49_152,
    tied: true,
    ropeBase: 100_000,
  },
  {
    name: '1.7B',
    blocks: 24,
    width: 2048,
    heads: 32,
    kvHeads: 32,
    ff: 8192,
    vocabulary: 49_152,
    tied: true,
    ropeBase: 130_000,
  },
]

const TYPES: GgmlTypeName[] = ['Q4_0', 'Q4_K', 'Q8_0', 'F16']
/** One pack of two texts a step: what a step takes of memory does not grow with more. */
const BATCH = 2
const STEPS = 4

interface Size {
  model: string
  type: GgmlTypeName
  bytes: number
  tokensPerSecond: number
  peakBytes: number
  forecastBytes: number
  choice: OurResult['choice']
}

export async function sizesPart(options: BenchOptions): Promise<PartResult> {
  const { out, base, threads, quick, say } = options
  const folder = path.join(out, 'models')
  mkdirSync(folder, { recursive: true })
  const sizes: Size[] = []
  const own = readGguf(base).tensor('blk.0.ffn_up.weight').typeName as GgmlTypeName
  const types = quick ? TYPES.slice(0, 1) : TYPES
  const measured = async (model: string, type: GgmlTypeName, write: (file: string) => void): Promise<void> => {
    say(`sizes: ${model} ${type}`)
    const file = path.join(folder, `${model}.${type}.gguf`)
    try {
      write(file)
      sizes.push(await measure(options, model, type, file))
    } finally {
      rmSync(file, { force: true })
    }
  }
  sizes.push(await measure(options, 'starter', own, base))
  for (const type of types.filter((one) => one !== own))
    await measured('starter', type, (file) => writeBaseAs(base, type, file))
  for (const shape of quick ? [] : LARGER)
    for (const type of types) await measured(shape.name, type, (file) => writeRandomModel(file, shape, type))

  return {
    tables: [
      {
        title: `Training speed and memory by model size and quantization, ${threads} thread${threads === 1 ? '' : 's'}`,
        head: ['model', 'file', 'size', 'weights held as', 'tokens/s', 'peak memory', 'forecast'],
        rows: sizes.map((size) => [
          size.model,
          size.type,
          gigabytes(size.bytes),
          heldAs(size.choice),
          size.tokensPerSecond.toFixed(0),
          gigabytes(size.peakBytes),
          gigabytes(size.forecastBytes),
        ]),
        notes: [
          `Rank 8 on q and v, dropout .05, ${BATCH} x ${ROWS} tokens a step, all positions supervised; median of ${STEPS - 1} steps${quick ? ' (quick: not to be quoted)' : ''}.`,
          "360M and 1.7B: SmolLM2's shapes with random weights. Rows that are no multiple of 256 take llama.cpp's own substitutes for K types.",
        ],
      },
    ],
    bars: [],
    data: sizes,
  }
}

async function measure({ out, threads }: BenchOptions, model: string, type: GgmlTypeName, file: string): Promise<Size> {
  const vocabulary = readGguf(file).tensor('token_embd.weight').shape[1] as number
  const run = await trainOurs({
    folder: path.join(out, 'runs', 'sizes'),
    base: file,
    settings: { ...STEP_SETTINGS, batch: BATCH, threads },
    train: randomTexts(BATCH * STEPS, ROWS + 1, vocabulary),
  })
  return {
    model,
    type,
    bytes: statSync(file).size,
    tokensPerSecond: (BATCH * ROWS) / median(run.steps.slice(1).map(({ seconds }) => seconds)),
    peakBytes: run.peakBytes,
    forecastBytes: run.choice?.forecastBytes ?? Number.NaN,
    choice: run.choice,
  }
}
