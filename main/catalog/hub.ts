/** A file from the Hugging Face hub: resumed by Range where an earlier try stopped, retried, and given up quickly. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { messageOf } from '../errors.ts'
import { cancelled, factsOf, throwIfCancelled } from './files.ts'
import { type HubSource, hasChanged } from './manifest.ts'
import { fetchAnyWay, throughProxy } from './proxy.ts'

export interface HubOptions {
  /** Address of the hub; HF_ENDPOINT (the hub clients' own variable) names a mirror. */
  endpoint?: string
  signal?: AbortSignal
  onBytes?: (received: number) => void
  /** Milliseconds until the first answer. */
  connectLimit?: number
  /** Milliseconds without a byte. */
  stallLimit?: number
  /** Tries after a broken transfer or a busy server. */
  retries?: number
  /** Milliseconds before the first retry; doubled each time. */
  backOff?: number
}

/** A failure that another try may mend. */
class Transient extends Error {}

const partFile = (target: string) => `${target}.part`
const noteFile = (target: string) => `${target}.part.json`

/** Removes what an unfinished download left beside the target. */
export function removePart(target: string): void {
  rmSync(partFile(target), { force: true })
  rmSync(noteFile(target), { force: true })
}

/** Bytes that an unfinished download left beside the target; null: there is none. */
export function partBytes(target: string): number | null {
  const found = factsOf(partFile(target))
  return found !== null && 'size' in found && found.isFile() && found.size > 0 ? found.size : null
}

function readNote(target: string): { url: string; etag: string | null } | null {
  try {
    return JSON.parse(readFileSync(noteFile(target), 'utf8'))
  } catch {
    return null
  }
}

export function hubUrl(source: HubSource, endpoint = process.env.HF_ENDPOINT || 'https://huggingface.co'): string {
  return `${endpoint.replace(/\/+$/, '')}/${source.repo}/resolve/${source.revision}/${source.file}`
}

async function fetchOnce(source: HubSource, target: string, bytes: number, options: HubOptions): Promise<void> {
  const { signal, connectLimit = 8000, stallLimit = 30_000 } = options
  const url = hubUrl(source, options.endpoint)
  const part = partFile(target)
  const note = readNote(target)
  if (note?.url !== url) removePart(target)
  let have = existsSync(part) ? statSync(part).size : 0
  if (have > bytes) {
    removePart(target)
    have = 0
  }
  if (have === bytes) return

  const control = new AbortController()
  const stop = () => control.abort(cancelled())
  signal?.addEventListener('abort', stop, { once: true })
  const limit = (milliseconds: number, what: string) =>
    setTimeout(() => control.abort(new Transient(what)), milliseconds)
  let timer = limit(connectLimit, `no answer within ${connectLimit / 1000} s`)
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' }
    if (have > 0) {
      headers.range = `bytes=${have}-`
      if (note?.etag) headers['if-range'] = note.etag
    }
    const response = await fetchAnyWay(url, { headers, signal: control.signal })
    clearTimeout(timer)
    if (response.status === 416) {
      removePart(target)
      throw new Transient('the part on disk does not fit the file')
    }
    if (response.status === 429 || response.status >= 500) throw new Transient(`answered ${response.status}`)
    if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`)
    const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`)
    if (!goesOn) {
      if (response.status === 206) throw new Transient('answered with another range than was asked for')
      removePart(target)
      have = 0
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    if (Number.isFinite(length) && have + length !== bytes) {
      throw new Error(`offers ${have + length} bytes where the manifest says ${bytes}${hasChanged(source)}`)
    }
    const strong = response.headers.get('etag')
    const etag = strong?.startsWith('W/') ? null : strong
    writeFileSync(noteFile(target), JSON.stringify({ url, etag }))
    const file = await open(part, have > 0 ? 'a' : 'w')
    try {
      const stalled = `no byte for ${stallLimit / 1000} s`
      timer = limit(stallLimit, stalled)
      // The DOM's and Node's types of one and the same stream.
      for await (const chunk of Readable.fromWeb(response.body as unknown as WebStream<Uint8Array>)) {
        clearTimeout(timer)
        await file.writeFile(chunk)
        have += chunk.length
        if (have > bytes) throw new Error(`sent more than the ${bytes} bytes of the manifest`)
        options.onBytes?.(have)
        timer = limit(stallLimit, stalled)
      }
    } finally {
      await file.close()
    }
    if (have !== bytes) throw new Transient(`the transfer broke off at ${have} of ${bytes} bytes`)
  } catch (error) {
    throw control.signal.aborted ? control.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** Is the name not to be resolved or nobody listening: then another try in a second changes nothing. */
function unreachable(code: string | undefined): boolean {
  return ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'].includes(code ?? '')
}

/** What lies at the bottom of fetch's own error, which is a TypeError and says no more than that it failed. */
function causeOf(error: unknown): { message: string; code: string | undefined } {
  let at = error
  while (error instanceof TypeError && at instanceof Error && at.cause instanceof Error) at = at.cause
  const { code } = at as { code?: unknown }
  return { message: messageOf(at), code: at !== error && typeof code === 'string' ? code : undefined }
}

/** Wait, but not past a cancel. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/**
 * Fetches into `<target>.part`; the caller checks and renames it. An unfinished part is kept for the next try.
 * Errors: plain ones with the reason in words; IdiolectError `Cancelled`; the file system's own (ENOSPC).
 * @param bytes the size that the manifest gives; another size is refused
 * @returns path of the part file, complete
 */
export async function downloadFromHub(
  source: HubSource,
  target: string,
  bytes: number,
  options: HubOptions = {},
): Promise<string> {
  const { retries = 3, backOff = 1000 } = options
  const url = hubUrl(source, options.endpoint)
  for (let attempt = 0; ; attempt++) {
    throwIfCancelled(options.signal)
    try {
      await fetchOnce(source, target, bytes, options)
      return partFile(target)
    } catch (error) {
      if (options.signal?.aborted) throw cancelled()
      const { message, code } = causeOf(error)
      const way = throughProxy(url)
      if (unreachable(code)) throw new Error(`could not be reached${way} (${code})`, { cause: error })
      // undici reports a connection that broke as a TypeError with the socket's error as cause.
      const transient = error instanceof Transient || error instanceof TypeError
      const noAnswer = error instanceof Transient && error.message.startsWith('no answer')
      if (!transient || noAnswer || attempt >= retries) {
        throw code === undefined ? error : new Error(`${message}${way} (${code})`, { cause: error })
      }
      await pause(backOff * 2 ** attempt, options.signal)
    }
  }
}
