/** A process that imports a folder with the fake embedder and tells each step: for tests that kill it. */
import { importPaths } from '../../main/library/import.ts'
import { directReader } from '../../main/library/reader.ts'
import { openStore } from '../../main/store/store.ts'
import { fakeEmbedder } from './library.ts'

const [data = '', folder = ''] = process.argv.slice(2)
const store = await openStore(data)
process.stdout.write('open\n')
if (folder === '') setInterval(() => {}, 1000)
else {
  await importPaths({
    store,
    embedder: fakeEmbedder(),
    paths: [folder],
    request: 'child',
    reader: directReader(),
    onProgress: ({ stage, done }) => process.stdout.write(`${stage} ${done}\n`),
  })
  await store.close()
}
