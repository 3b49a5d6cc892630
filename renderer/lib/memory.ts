/**
 * Will a model run? A GGUF's weights are mapped whole; a context of a few thousand tokens, the compute buffers and
 * the app come on top. A rule of thumb for the catalog: the real check is the trial in a child process.
 */
const CONTEXT_SHARE = 0.2
const BASE_BYTES = 250e6

/** Bytes of memory to run a model whose file has `bytes`. */
export function memoryNeed(bytes: number): number {
  return bytes * (1 + CONTEXT_SHARE) + BASE_BYTES
}

export function fitOf(bytes: number, memoryBytes: number): 'fits' | 'tight' | 'tooLarge' {
  const share = memoryNeed(bytes) / memoryBytes
  if (share < 0.5) return 'fits'
  return share < 0.85 ? 'tight' : 'tooLarge'
}
