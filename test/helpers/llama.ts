/** node-llama-cpp for tests: no build, no download, the CPU, one thread. */
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp'

export async function quietLlama(): Promise<Llama> {
  return getLlama({ build: 'never', skipDownload: true, gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error })
}

/**
 * Next-token logits after each position, one array of the vocabulary's length each.
 * @param options `positions`: only after these, for vocabularies that make every row heavy
 */
export async function logitsOf(
  model: LlamaModel,
  tokens: number[],
  voice?: { file: string; scale: number } | readonly { file: string; scale: number }[] | null,
  options: { contextSize?: number; exactCache?: boolean; positions?: readonly number[] } = {},
): Promise<Float32Array[]> {
  const { contextSize = 128, exactCache = false, positions = tokens.map((_, i) => i) } = options
  const voices = voice ? [voice].flat() : []
  const context = await model.createContext({
    contextSize,
    batchSize: contextSize,
    threads: 1,
    flashAttention: false,
    // Usually keys and values are kept in F16, which rounds where an engine that keeps none does not.
    ...(exactCache ? { experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' } : {}),
    ...(voices.length > 0 ? { lora: { adapters: voices.map(({ file, scale }) => ({ filePath: file, scale })) } } : {}),
  })
  try {
    const input = tokens.map((token, i): Token | [Token, object] =>
      positions.includes(i) ? [token as Token, { generateNext: { logits: true } }] : (token as Token),
    )
    const results = await context.getSequence().controlledEvaluate(input)
    return positions.map((position) => {
      const result = results[position]
      const logits = result?.next.logits
      if (logits === undefined) throw new Error('llama.cpp returned no logits')
      const row = new Float32Array(logits.size).fill(Number.NaN)
      for (const [token, logit] of logits) row[token] = logit
      return row
    })
  } finally {
    await context.dispose()
  }
}

/** The largest absolute difference between two lists of rows of the same shape. */
export function largestDifference(a: Float32Array[], b: Float32Array[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} rows against ${b.length}`)
  return Math.max(...a.flatMap((row, i) => Array.from(row, (value, j) => Math.abs(value - (b[i]?.[j] ?? Number.NaN)))))
}
