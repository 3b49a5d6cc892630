/** Tries a new model file where a crash costs nothing: header first, then a disposable child process. */
import { startChild } from '../child.ts'
import { entryFile } from '../entries.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import { type GgufFacts, inspectGguf } from './gguf-file.ts'
import type { ModelSpeed, ProbeReply, ProbeRequest } from './probe-types.ts'
import { machineThreads } from './threads.ts'

export interface ProbeResult {
  ok: boolean
  /** Null wherever the header could not be read. */
  architecture: string | null
  parameters: number | null
  quantization: string | null
  contextSize: number | null
  embeddingDimensions: number | null
  isEmbedder: boolean
  /** Why not, in words; null when ok. */
  reason: string | null
}

export interface ProbeOptions {
  /** The built child; `out/main/probe-child.js` when not given. */
  entry?: string
  /** Milliseconds until a child that says nothing is ended. */
  timeout?: number
  signal?: AbortSignal
}

/**
 * Loads the file in a child and computes a few tokens' logits, or an embedding. Never throws for what is wrong with
 * the file: that is the answer.
 */
export async function probeModel(file: string, options: ProbeOptions = {}): Promise<ProbeResult> {
  let facts: GgufFacts
  try {
    facts = inspectGguf(file)
  } catch (error) {
    return result(null, messageOf(error))
  }
  if (facts.kind === 'adapter') return result(facts, `${file} is a voice (an adapter), not a model`)
  const request: ProbeRequest = { file, isEmbedder: facts.isEmbedder, threads: machineThreads().train }
  const { reason } = await runChild(options.entry ?? entryFile('probe-child'), request, options)
  return result(facts, reason)
}

/**
 * Runs a base for a few seconds in a child, with the threads of a chat.
 * Errors: IdiolectError `ModelUnusable` with the reason.
 */
export async function measureModel(file: string, options: ProbeOptions = {}): Promise<ModelSpeed> {
  const request: ProbeRequest = { file, isEmbedder: false, threads: machineThreads().chat, measure: true }
  const child = options.entry ?? entryFile('probe-child')
  const { reason, speed } = await runChild(child, request, { timeout: 180_000, ...options })
  options.signal?.throwIfAborted()
  if (speed) return speed
  throw new IdiolectError('ModelUnusable', `${file} could not be measured: ${reason}`, 'Choose another GGUF file.')
}

function result(facts: GgufFacts | null, reason: string | null): ProbeResult {
  return {
    ok: reason === null,
    architecture: facts?.architecture ?? null,
    parameters: facts?.parameters ?? null,
    quantization: facts?.quantization ?? null,
    contextSize: facts?.contextSize ?? null,
    embeddingDimensions: facts?.embeddingDimensions ?? null,
    isEmbedder: facts?.isEmbedder ?? false,
    reason,
  }
}

function runChild(entry: string, request: ProbeRequest, options: ProbeOptions): Promise<ProbeReply> {
  const timeout = options.timeout ?? 60_000
  return new Promise((resolve) => {
    const { process: child, lastWords } = startChild(entry)
    let settled = false
    const settle = (reply: ProbeReply): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', cancel)
      child.kill('SIGKILL')
      resolve(reply)
    }
    const cancel = (): void => settle({ reason: 'the try was cancelled' })
    const timer = setTimeout(
      () => settle({ reason: `the model did not answer within ${Math.round(timeout / 1000)} seconds` }),
      timeout,
    )
    options.signal?.addEventListener('abort', cancel)
    child.once('error', (error) => settle({ reason: `the child process could not be started: ${error.message}` }))
    child.once('message', (message) => settle(message as ProbeReply))
    child.once('close', (code, signal) => settle({ reason: crashReason(code, signal, lastWords()) }))
    child.send(request, (error) => {
      if (error !== null) settle({ reason: `the child process could not be reached: ${error.message}` })
    })
    if (options.signal?.aborted) cancel()
  })
}

function crashReason(code: number | null, signal: string | null, said: string): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  const lines = said.split('\n').map((line) => line.trim())
  // Without the folder of the machine that llama.cpp was built on.
  const told = lines.find((line) => /GGML_ASSERT|error|abort|fail/i.test(line))?.replace(/^\S*[/\\]/, '') ?? ''
  return `the process that tried the model ${how}${told === '' ? '' : `: ${told}`}`
}
