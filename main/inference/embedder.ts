/**
 * Texts as unit vectors: by a sentence embedder's GGUF, or by the mean of the base's last hidden states.
 * Knows nothing of passages, stores or search.
 */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp'
import { IdiolectError } from '../errors.ts'
import { loadModel } from './base.ts'
import { inspectGguf } from './gguf-file.ts'
import type { Device } from './llama.ts'
import type { Base, Embedder } from './types.ts'

export interface OpenEmbedderOptions {
  threads: number
  gpu?: Device
  /** Tokens of a text that are read; what is longer is cut. */
  maxTokens?: number
}

/** llama.cpp's pooling type "mean". */
const MEAN = 1

/**
 * A sentence embedder, pooled as its file says.
 * Errors: those of `inspectGguf`, `NotAnEmbedder`, `ModelUnusable`.
 */
export async function openEmbedder(file: string, options: OpenEmbedderOptions): Promise<Embedder> {
  const facts = inspectGguf(file)
  if (!facts.isEmbedder) {
    throw new IdiolectError(
      'NotAnEmbedder',
      `${file} (${facts.architecture}) is no sentence embedder: its file names no pooling`,
      'Add it for chat, or choose an embedder such as all-MiniLM-L6-v2.',
    )
  }
  const model = await loadModel(file, options.gpu)
  return embedderOf(
    model,
    'embedder',
    await idOf(file),
    Math.min(options.maxTokens ?? 256, facts.contextSize ?? 512),
    options.threads,
  )
}

/**
 * The base itself as embedder: the mean of the last hidden states over a text's first tokens. A second load of the
 * same file, whose weights the system shares, with pooling switched on; some 300 tokens a second for the 135M starter
 * on 2 cores, against 4,400 of all-MiniLM-L6-v2, so that fewer tokens of a text are read.
 */
export async function baseAsEmbedder(base: Base | string, options: OpenEmbedderOptions): Promise<Embedder> {
  const file = typeof base === 'string' ? base : base.file
  const facts = inspectGguf(file)
  const model = await loadModel(file, options.gpu, { architecture: facts.architecture, type: MEAN })
  return embedderOf(
    model,
    'base',
    await idOf(file),
    Math.min(options.maxTokens ?? 96, facts.contextSize ?? 512),
    options.threads,
  )
}

async function embedderOf(
  model: LlamaModel,
  kind: Embedder['kind'],
  id: string,
  maxTokens: number,
  threads: number,
): Promise<Embedder> {
  // Pooling happens within one batch, so a text must fit in one; one cell more, which the library keeps free.
  const context = await model.createEmbeddingContext({ contextSize: maxTokens + 1, batchSize: maxTokens + 1, threads })
  const dimensions = model.embeddingVectorSize
  return {
    id: `${kind}:${id}:${maxTokens}`,
    kind,
    dimensions,
    async embed(texts, options = {}) {
      const vectors: Float32Array[] = []
      for (const text of texts) {
        options.signal?.throwIfAborted()
        vectors.push(await embedText(context, model, text, maxTokens))
        options.onProgress?.(vectors.length)
      }
      return vectors
    },
    async dispose() {
      await context.dispose()
      await model.dispose()
    },
  }
}

async function embedText(
  context: LlamaEmbeddingContext,
  model: LlamaModel,
  text: string,
  maxTokens: number,
): Promise<Float32Array> {
  // The context adds the begin and end tokens where the file wants them.
  const tokens = model.tokenize(text).slice(0, maxTokens - 2)
  const input: Token[] = tokens.length > 0 ? tokens : model.tokenize('.')
  const { vector } = await context.getEmbeddingFor(input)
  return unit(Float32Array.from(vector))
}

/** Scaled to length 1; a vector of zeros stays as it is. */
export function unit(vector: Float32Array): Float32Array {
  let square = 0
  for (const value of vector) square += value * value
  const length = Math.sqrt(square)
  return length === 0 ? vector : vector.map((value) => value / length)
}

/** Vectors of another file, or of the same path with other content, must not be mixed with these. */
async function idOf(file: string): Promise<string> {
  const { size } = await stat(file)
  return `${path.basename(file)}:${size}`
}
