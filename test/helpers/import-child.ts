/**
 * A process for tests that kill it: `DATA` opens the data folder and stays; `DATA FOLDER MOMENT` imports the folder
 * with the fake embedder until its progress is MOMENT (`reading 17`), says so, and stands still.
 */
import { writeSync } from 'node:fs'
import { importPaths } from '../../main/library/import.ts'
import { directReader } from '../../main/library/reader.ts'
import { openStore } from '../../main/store/store.ts'
import { fakeEmbedder } from './library.ts'

const [data = '', folder = '', moment = ''] = process.argv.slice(2)
const store = await openStore(data)

function standStill(): void {
  writeSync(1, 'ready\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

if (folder === '') standStill()
await importPaths({
  store,
  embedder: fakeEmbedder(),
  paths: [folder],
  request: 'child',
  reader: directReader(),
  onProgress: ({ stage, done }) => {
    if (`${stage} ${done}` === moment) standStill()
  },
})
