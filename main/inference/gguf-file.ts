/** A GGUF file looked at without loading it: is it one, is it whole, what is in it. */
import { open, stat } from 'node:fs/promises'
import { type GgufFileInfo, GgufFileType, readGgufFileInfo } from 'node-llama-cpp'
import { IdiolectError, messageOf } from '../errors.ts'

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
  /** `model`, `adapter`, … as the file says; `model` where it does not. */
  kind: string
  bytes: number
}

const NEXT = 'Download or copy the file again, or choose another GGUF file.'

/**
 * Reads the header and compares it with the file's size.
 * Errors, each naming the file: `FileMissing`, `NotGguf`, `TruncatedGguf`, `BadGguf`.
 */
export async function inspectGguf(file: string): Promise<GgufFacts> {
  const bytes = await sizeOf(file)
  await checkMagic(file, bytes)
  let info: GgufFileInfo
  try {
    info = await readGgufFileInfo(file, { sourceType: 'filesystem', logWarnings: false, spliceSplitFiles: false })
  } catch (error) {
    // The reader runs off the end of a file that was cut within its header.
    const cut = await endsInHeader(error)
    if (cut) throw new IdiolectError('TruncatedGguf', `${file} ends within its header, after ${bytes} bytes`, NEXT)
    throw new IdiolectError('BadGguf', `${file} has a GGUF header that cannot be read: ${messageOf(error)}`, NEXT, {
      cause: error,
    })
  }
  const tensors = info.tensorInfo ?? []
  let needed = 0
  let parameters = 0
  for (const tensor of tensors) {
    parameters += tensor.dimensions.reduce<number>((product, size) => product * Number(size), 1)
    // The last tensor's own size is llama.cpp's to check; its beginning alone finds nearly every cut file.
    needed = Math.max(needed, Number(tensor.fileOffset) + 1)
  }
  if (needed > bytes) {
    throw new IdiolectError(
      'TruncatedGguf',
      `${file} is cut short: it has ${bytes} bytes and needs more than ${needed}`,
      NEXT,
    )
  }
  return factsOf(info, parameters, bytes)
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  if (found === null)
    throw new IdiolectError('FileMissing', `${file} does not exist`, 'Choose a GGUF file that exists.')
  if (!found.isFile()) throw new IdiolectError('NotGguf', `${file} is not a file`, 'Choose a GGUF file.')
  return found.size
}

async function checkMagic(file: string, bytes: number): Promise<void> {
  if (bytes < 24) throw new IdiolectError('NotGguf', `${file} has ${bytes} bytes: too few for a GGUF file`, NEXT)
  const handle = await open(file, 'r')
  try {
    const head = Buffer.alloc(4)
    await handle.read(head, 0, 4, 0)
    if (head.toString('latin1') === 'GGUF') return
    const seen = JSON.stringify(head.toString('latin1').replace(/[^\x20-\x7e]/g, '.'))
    throw new IdiolectError('NotGguf', `${file} is no GGUF file: it begins with ${seen}, not "GGUF"`, NEXT)
  } finally {
    await handle.close()
  }
}

async function endsInHeader(error: unknown): Promise<boolean> {
  return /out of (range|bounds)|offset|end of file|EOF|unexpected end|beyond|too short/i.test(messageOf(error))
}

function factsOf(info: GgufFileInfo, parameters: number, bytes: number): GgufFacts {
  const metadata = info.metadata as Record<string, unknown>
  const general = group(metadata, 'general')
  const architecture = String(general.architecture ?? 'unknown')
  const own = group(metadata, architecture)
  const pooling = own.pooling_type
  const template = group(metadata, 'tokenizer').chat_template
  return {
    architecture,
    parameters,
    quantization: quantizationOf(general.file_type),
    contextSize: numberOr(own.context_length),
    embeddingDimensions: numberOr(own.embedding_length),
    isEmbedder: (typeof pooling === 'number' && pooling > 0) || group(own, 'attention').causal === false,
    chatTemplate: typeof template === 'string' ? template : null,
    kind: String(general.type ?? 'model'),
    bytes,
  }
}

function quantizationOf(fileType: unknown): string | null {
  const name = typeof fileType === 'number' ? GgufFileType[fileType] : undefined
  return name === undefined ? null : name.replace(/^(ALL|MOSTLY)_/, '')
}

function group(metadata: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = metadata[name]
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : null
}
