/** A model file looked at without loading it: is it a whole GGUF, and what is in it. */
import { type GgufFile, readGguf } from '../gguf/read.ts'

/** llama.cpp's `llama_ftype` by its number (include/llama.h), without the prefix. */
export const FILE_TYPES: readonly string[] =
  'F32 F16 Q4_0 Q4_1 Q4_1_SOME_F16 Q4_2 Q4_3 Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16 Q4_0_4_4 Q4_0_4_8 Q4_0_8_8 TQ1_0 TQ2_0 MXFP4_MOE NVFP4 Q1_0 Q2_0'.split(
    ' ',
  )

export interface GgufFacts {
  architecture: string
  parameters: number
  /** As the file names its main type, e.g. `Q4_1`; null when it does not say. */
  quantization: string | null
  /** Tokens the model was trained on at once, or null. */
  contextSize: number | null
  /** Width of the hidden states, or null. */
  embeddingDimensions: number | null
  /** A sentence embedder: pooled, or attending both ways. */
  isEmbedder: boolean
  /** The file's Jinja chat template, or null. */
  chatTemplate: string | null
  /** The file's own end-of-turn token, or null. */
  endOfTurn: number | null
  /** `model`, `adapter`, … as the file says; `model` where it does not. */
  kind: string
}

/**
 * Reads the header and holds it against the file's size, without llama.cpp, which aborts on some broken headers.
 * Errors, each naming the file and what is wrong with it: `MissingFile`, `BadGguf`.
 */
export function inspectGguf(file: string): GgufFacts {
  const gguf = readGguf(file)
  const architecture = gguf.string('general.architecture', 'unknown')
  let parameters = 0
  for (const { shape } of gguf.tensors.values()) parameters += shape.reduce((product, size) => product * size, 1)
  const pooled = gguf.number(`${architecture}.pooling_type`, 0) > 0
  const fileType = numberIn(gguf, 'general.file_type')
  return {
    architecture,
    parameters,
    quantization: fileType === null ? null : (FILE_TYPES[fileType] ?? null),
    contextSize: numberIn(gguf, `${architecture}.context_length`),
    embeddingDimensions: numberIn(gguf, `${architecture}.embedding_length`),
    isEmbedder: pooled || !gguf.boolean(`${architecture}.attention.causal`, true),
    chatTemplate: gguf.has('tokenizer.chat_template') ? gguf.string('tokenizer.chat_template') : null,
    endOfTurn: numberIn(gguf, 'tokenizer.ggml.eot_token_id'),
    kind: gguf.string('general.type', 'model'),
  }
}

function numberIn(gguf: GgufFile, key: string): number | null {
  return gguf.has(key) ? gguf.number(key) : null
}
