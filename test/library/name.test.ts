/** What a file is called, and that a voice learns no headline from a name that says nothing. */
import path from 'node:path'
import { expect, it } from 'vitest'
import { headlineQueries } from '../../main/examples/headline.ts'
import { history } from '../../main/library/history.ts'
import { isEmptyName } from '../../main/library/name.ts'
import { openStore } from '../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()

it.each([
  ['2024-05-17.md', '2024 05 17', true],
  ['IMG_2034.txt', 'IMG 2034', true],
  ['chapter-03.docx', 'Chapter 03', true],
  ['Kapitel 3.md', 'Kapitel 3', true],
  ['Untitled 2.md', 'Untitled 2', true],
  ['neues-textdokument.txt', 'Neues textdokument', true],
  ['notes/index.md', 'Notes', true],
  ['on-slow-sentences.md', 'On slow sentences', false],
  ['2024-05-17-a-day-out.md', 'A day out', false],
  ['emacs.md', 'Emacs', false],
  ['静かな港の朝.md', '静かな港の朝', false],
  ['chapter-03.md', 'The third lamp', false],
])('%s called %s says nothing: %s', (file, title, empty) => {
  expect(isEmptyName(title, path.join('/writing', file))).toBe(empty)
})

it('no headline is learned from such a name', async () => {
  const store = await openStore(path.join(root, 'data'))
  const folder = writeFiles(path.join(root, 'writing'), {
    '2024-05-17.md': prose(1, 60),
    'IMG_2034.txt': prose(2, 60),
    'chapter-03.md': prose(3, 60),
    'on-slow-sentences.md': prose(4, 60),
    'chapter-04.md': post({ title: 'The fourth lamp' }, prose(5, 60)),
  })
  await importFolder(store, [folder])
  const { queries, dropped } = headlineQueries(history(store))
  expect(queries.map(({ title }) => title).sort()).toEqual(['On slow sentences', 'The fourth lamp'])
  expect(dropped.map(({ reason }) => reason)).toEqual(Array(3).fill('its title is a file name'))
  await store.close()
})
