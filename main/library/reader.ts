/** Finding and reading in a worker thread, so that no call waits for a parser; or directly where none is built. */
import { Worker } from 'node:worker_threads'
import { entryFile } from '../entries.ts'
import { IdiolectError } from '../errors.ts'
import { type Found, findFiles } from './find.ts'
import { type KnownState, type ReadResult, readFile } from './read.ts'

export interface FileToRead {
  path: string
  known: KnownState | null
}

export interface Reader {
  find(paths: string[]): Promise<Found>
  /** One result a file, in the files' order. */
  read(files: FileToRead[]): AsyncIterable<ReadResult>
  close(): Promise<void>
}

export type ToWorker = { type: 'find'; paths: string[] } | { type: 'read'; files: FileToRead[] } | { type: 'next' }

export type FromWorker =
  | { type: 'found'; found: Found }
  | { type: 'results'; results: ReadResult[]; last: boolean }
  | { type: 'failed'; name: string; message: string; next: string | null }

/** Reads in this thread, letting others run between files. */
export function directReader(): Reader {
  return {
    find: async (paths) => findFiles(paths),
    async *read(files) {
      for (const { path, known } of files) {
        yield readFile(path, known)
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
    },
    close: async () => {},
  }
}

/** Reads in a worker (`entry`: path of the built import-worker). The worker waits for each batch to be taken. */
export function workerReader(entry: string): Reader {
  const worker = new Worker(entry)
  const waiting: { resolve: (message: FromWorker) => void; reject: (error: unknown) => void }[] = []
  const arrived: FromWorker[] = []
  let failure: unknown = null
  worker.on('message', (message: FromWorker) => {
    const next = waiting.shift()
    if (next) next.resolve(message)
    else arrived.push(message)
  })
  const fail = (error: unknown) => {
    failure ??= error
    for (const { reject } of waiting.splice(0)) reject(failure)
  }
  worker.on('error', (error) => fail(workerFailed(error.message)))
  worker.on('exit', (code) => fail(workerFailed(`it ended with code ${code}`)))
  const receive = async (): Promise<FromWorker> => {
    const message =
      arrived.shift() ??
      (await new Promise<FromWorker>((resolve, reject) => {
        if (failure) reject(failure)
        else waiting.push({ resolve, reject })
      }))
    if (message.type === 'failed') throw new IdiolectError(message.name, message.message, message.next)
    return message
  }
  const send = (message: ToWorker) => worker.postMessage(message)
  return {
    async find(paths) {
      send({ type: 'find', paths })
      const message = await receive()
      if (message.type !== 'found') throw workerFailed(`it answered ${message.type} to find`)
      return message.found
    },
    async *read(files) {
      send({ type: 'read', files })
      for (;;) {
        const message = await receive()
        if (message.type !== 'results') throw workerFailed(`it answered ${message.type} to read`)
        yield* message.results
        if (message.last) return
        send({ type: 'next' })
      }
    },
    async close() {
      await worker.terminate()
    },
  }
}

function workerFailed(why: string): IdiolectError {
  return new IdiolectError('ImportFailed', `The reader stopped: ${why}`, 'Import again; what was read is kept.')
}

/** The worker where it is built, else (tests on the sources) this thread. */
export function openReader(): Reader {
  let entry: string
  try {
    entry = entryFile('import-worker')
  } catch (error) {
    if (error instanceof IdiolectError && error.name === 'NotBuilt') return directReader()
    throw error
  }
  return workerReader(entry)
}
