/** The import's worker thread: finds and reads files (main/library). Knows no store and no models. */
import { parentPort } from 'node:worker_threads'
import { IdiolectError, messageOf } from './errors.ts'
import { findFiles } from './library/find.ts'
import { type ReadResult, readFile } from './library/read.ts'
import type { FileToRead, FromWorker, ToWorker } from './library/reader.ts'

/** Files read before the main thread must have taken them: bounds what lies in memory. */
const BATCH = 16

const port = parentPort
if (!port) throw new Error('import-worker runs as a worker thread only')

let files: FileToRead[] = []
const send = (message: FromWorker) => port.postMessage(message)

function readBatch(): void {
  const batch = files.splice(0, BATCH)
  const results: ReadResult[] = batch.map(({ path, known }) => readFile(path, known))
  send({ type: 'results', results, last: files.length === 0 })
}

port.on('message', (message: ToWorker) => {
  try {
    if (message.type === 'find') send({ type: 'found', found: findFiles(message.paths) })
    else {
      if (message.type === 'read') files = message.files
      readBatch()
    }
  } catch (error) {
    const known = error instanceof IdiolectError
    send({
      type: 'failed',
      name: known ? error.name : 'ImportFailed',
      message: messageOf(error),
      next: known ? error.next : 'Import again; what was read is kept.',
    })
  }
})
