/** A model file looked at without loading it: is it a whole GGUF, and what is in it. */
import { GgufFileType } from 'node-llama-cpp'
import { type GgufFile, readGguf } from '../gguf/read.ts'

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
    quantization: fileType === null ? null : (GgufFileType[fileType]?.replace(/^(ALL|MOSTLY)_/, '') ?? null),
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
