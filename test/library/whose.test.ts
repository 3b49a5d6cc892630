import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerQuestion, authorKey, decide, dominantAuthor, questions } from '../../main/library/whose.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const by = (...names: string[][]) => names.map((authors) => ({ authors }))

describe('dominantAuthor', () => {
  it('is the one who wrote more than is unsigned and more than half of the signed', () => {
    expect(dominantAuthor(by(['A'], ['A'], ['B']))).toBe('a')
    expect(dominantAuthor(by(['A'], ['A', 'B'], []))).toBe('a')
    expect(dominantAuthor(by(['A'], ['B']))).toBeNull()
    expect(dominantAuthor(by(['A'], [], []))).toBeNull()
    expect(dominantAuthor([])).toBeNull()
  })

  it('knows a name in two spellings', () => {
    expect(authorKey('Maëlle Salmon')).toBe(authorKey('maelle-salmon'))
    expect(authorKey('王小明')).not.toBe('')
    expect(dominantAuthor(by(['Maëlle Salmon'], ['maelle-salmon'], ['B']))).toBe('maellesalmon')
  })
})

describe('decide', () => {
  const answers = new Map([
    ['author:ann', true],
    ['author:bo', false],
  ])
  it.each([
    [[], false, 'mine', null],
    [['Owner'], false, 'mine', null],
    [['Guest', 'Owner'], false, 'mine', null],
    [['Ann'], false, 'mine', null],
    [['Bo'], false, 'excluded', null],
    [['Bo', 'Cy'], false, 'asked', 'author:cy'],
    [[], true, 'asked', 'draft'],
    [['Cy'], true, 'asked', 'author:cy'],
  ])('%j, draft %j: %s', (authors, draft, status, question) => {
    expect(decide({ authors, draft }, 'owner', answers)).toEqual({ status, question })
  })
})

describe('questions of an import', () => {
  const text = (seed: number) => prose(seed, 60)
  const statuses = (store: Store) =>
    Object.fromEntries(store.documents.list().documents.map(({ path: file, status }) => [path.basename(file), status]))

  it('come about other authors and drafts, are answered once, and hold for later pieces', async () => {
    const store = await openStore(path.join(folder, 'data'))
    const writing = writeFiles(path.join(folder, 'writing'), {
      'one.md': post({ author: 'Owner' }, text(1)),
      'two.md': post({ authors: '[Owner, Friend]' }, text(2)),
      'plain.md': text(3),
      'draft.md': post({ author: 'owner', draft: 'true' }, text(4)),
      'guest.md': post({ author: 'The Guest' }, text(5)),
      'guest-draft.md': post({ author: 'The Guest', draft: 'true' }, text(6)),
    })
    const report = await importFolder(store, [writing])
    expect(report.questions).toEqual([
      {
        id: 'author:theguest',
        kind: 'author',
        author: 'The Guest',
        documents: 2,
        examples: expect.arrayContaining(['Guest']),
      },
      { id: 'draft', kind: 'draft', author: null, documents: 1, examples: ['Draft'] },
    ])
    expect(() => answerQuestion(store, 'author:nobody', true)).toThrow(
      expect.objectContaining({ name: 'NoSuchQuestion' }),
    )
    expect(answerQuestion(store, 'author:theguest', false).map(({ id }) => id)).toEqual(['draft'])
    expect(answerQuestion(store, 'draft', true)).toEqual([])
    const expected = {
      'one.md': 'mine',
      'two.md': 'mine',
      'plain.md': 'mine',
      'draft.md': 'mine',
      'guest.md': 'excluded',
      'guest-draft.md': 'excluded',
    }
    expect(statuses(store)).toEqual(expected)
    writeFiles(writing, {
      'guest-2.md': post({ author: 'the guest' }, text(7)),
      'draft-2.md': post({ status: 'draft' }, text(8)),
    })
    expect((await importFolder(store, [writing])).questions).toEqual([])
    expect(statuses(store)).toEqual({ ...expected, 'guest-2.md': 'excluded', 'draft-2.md': 'mine' })
    await store.close()
  })

  it('do not come when one author signs everything, and the owner stays the owner when another folder comes', async () => {
    const store = await openStore(path.join(folder, 'data-2'))
    const mine = writeFiles(path.join(folder, 'mine'), {
      '1.md': post({ author: 'Owner' }, text(11)),
      '2.md': post({ author: 'Owner' }, text(12)),
    })
    expect((await importFolder(store, [mine])).questions).toEqual([])
    const more = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`${n}.md`, post({ author: 'Prolific' }, text(20 + n))]))
    const report = await importFolder(store, [writeFiles(path.join(folder, 'theirs'), more)])
    expect(report.questions).toMatchObject([{ author: 'Prolific', documents: 5 }])
    expect(store.documents.mine()).toHaveLength(2)
    await store.close()
  })

  it('leave alone what the owner decided on one piece, also when its file changes', async () => {
    const store = await openStore(path.join(folder, 'data-3'))
    const writing = writeFiles(path.join(folder, 'decided'), { 'a.md': text(31), 'b.md': text(32) })
    await importFolder(store, [writing])
    const a = store.documents.byPath(path.join(writing, 'a.md'))!
    store.documents.setStatus(a.id, 'excluded')
    writeFiles(writing, { 'a.md': `${text(31)}\n\nOne more.` })
    expect(await importFolder(store, [writing])).toMatchObject({ documents: 1, unchanged: 1 })
    expect(store.documents.get(a.id)).toMatchObject({ status: 'excluded', text: expect.stringContaining('One more.') })
    expect(questions(store)).toEqual([])
    await store.close()
  })
})
