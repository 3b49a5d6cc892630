/** The one binding to llama.cpp that a process holds, by device. Never compiles and never fetches; read from disk on first use. */
import type { Llama } from 'node-llama-cpp'
import { IdiolectError, messageOf } from '../errors.ts'
import { machineThreads } from './threads.ts'

export type Device = false | 'auto' | 'metal' | 'cuda' | 'vulkan'

const bindings = new Map<Device, Promise<Llama>>()
const recent: string[] = []

/**
 * The shared binding. `gpu` false: the CPU alone.
 * Errors: `NoLlama` when no prebuilt binary runs here.
 */
export function sharedLlama(gpu: Device = false): Promise<Llama> {
  const found = bindings.get(gpu)
  if (found !== undefined) return found
  const made = openLlama(gpu).catch((error: unknown) => {
    bindings.delete(gpu)
    throw new IdiolectError(
      'NoLlama',
      `llama.cpp does not run on this machine with device ${String(gpu)}: ${messageOf(error)}`,
      'Run `npx idiolect doctor`, which lists what this machine has.',
      { cause: error },
    )
  })
  bindings.set(gpu, made)
  return made
}

async function openLlama(gpu: Device): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp')
  return getLlama({
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    gpu,
    maxThreads: machineThreads().chat,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => remember(message),
  })
}

/** llama.cpp's own words on what just failed: its exceptions reach JavaScript without them. */
export function takeLlamaErrors(): string[] {
  return recent.splice(0)
}

/** The most telling of an error and llama.cpp's log, as a piece of a sentence. */
export async function reasonOf(error: unknown): Promise<string> {
  // The log comes over another queue than the error, and may come after it.
  await new Promise((resolve) => setImmediate(resolve))
  const told = takeLlamaErrors()
  const line = told.find((text) => !/: failed to load model$/.test(text)) ?? told[0]
  const cleaned = line?.replace(/^\w+: /, '').trim()
  return cleaned === undefined || cleaned === '' ? messageOf(error) : cleaned
}

function remember(message: string): void {
  const text = message.trim()
  if (text === '') return
  recent.push(text)
  if (recent.length > 20) recent.shift()
}

/** Lets go of every binding; for tests and for a clean exit. */
export async function disposeLlama(): Promise<void> {
  const all = [...bindings.values()]
  bindings.clear()
  for (const binding of all) await (await binding).dispose()
}
