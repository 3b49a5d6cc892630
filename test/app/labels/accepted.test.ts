/** What the owner accepted as it was suggested is learnt from, and proves nothing: it says what the assistant thinks. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import type { LabelResult } from '../../../main/app/labels/label-rows.ts'
import { runTasks } from '../../../main/app/training/run-tasks.ts'
import type { LabelTask } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
let app: Awaited<ReturnType<typeof createApp>>

/** Of 24 pieces the newest five are for the proof, two before them for the validation; these seven have no score. */
beforeAll(async () => {
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  const files = Array.from({ length: 24 }, (_, n): [string, string] => [
    `${n}.md`,
    post(
      {
        title: `Ledger ${n} of the quay`,
        date: `2024-01-${String(n + 1).padStart(2, '0')}`,
        ...(n < 16 || n === 21 ? { tags: '[sea, quay]' } : {}),
        ...(n < 17 ? { rating: String(3 + (n % 3)) } : {}),
      },
      prose(n, 120),
    ),
  ])
  await app.handlers['library.import']({
    request: 'i',
    paths: [writeFiles(path.join(root, 'w'), Object.fromEntries(files))],
  })
})
afterAll(() => app.close())

const idOf = (n: number): string => String(app.context.store.documents.byPath(path.join(root, 'w', `${n}.md`))?.id)
const accept = (task: LabelTask, n: number, ...picked: string[]) =>
  app.handlers['labels.accept']({ task, decisions: [{ document: idOf(n), picked }] })

/** As if a voice had suggested the tag `Fog`, or the score 4. */
function suggest(task: LabelTask, n: number): void {
  const result: LabelResult = {
    suggestions: [
      { tag: 'Fog', probability: 0.8, pieces: 3, has: false },
      { tag: 'sea', probability: 0.1, pieces: 3, has: false },
    ],
    ...{ likeliest: 4, expected: 3.8, confidence: 0.8, sources: [], voice: null, seen: null },
  }
  const none = { before: null, picked: null, error: null, said: null }
  app.context.store.labelRows.put({ task, document: idOf(n), state: 'suggested', result, ...none })
}

/** Numbers of the pieces of a part. */
function numbersOf(task: LabelTask, part: 'training' | 'validation' | 'proof'): number[] {
  const queries = runTasks(app.context.store, [task]).parts[0]?.[part] ?? []
  return queries.map(({ title }) => Number(/\d+/.exec(title)?.[0]))
}

describe('what was accepted as suggested', () => {
  it('is a tag that the file did not have and the owner did not change', async () => {
    for (const n of [16, 19, 20, 21, 22, 23]) suggest('tag', n)
    await accept('tag', 16, 'fog')
    // Nobody suggested one.
    await accept('tag', 18, 'fog')
    await accept('tag', 19, 'Fog')
    await accept('tag', 20, 'fog')
    // Its first tag is the file's.
    await accept('tag', 21, 'sea', 'quay', 'Fog')
    // The owner took another one.
    await accept('tag', 22, 'sea')
    await accept('tag', 23, 'Fog', 'sea')
    expect(numbersOf('tag', 'training')).toContain(16)
    expect(numbersOf('tag', 'validation')).toEqual([18])
    expect(numbersOf('tag', 'proof')).toEqual([21, 22])
    expect(runTasks(app.context.store, ['tag']).note).toMatch(
      /3 tags or scores that you accepted as suggested are left out/,
    )
  })

  it('stays so when it was written into the file, and when nobody knows any more what was suggested', async () => {
    const [seen] = (await app.handlers['labels.preview']({ task: 'tag', documents: [idOf(19)] })).files
    await app.handlers['labels.write']({ task: 'tag', files: [{ document: idOf(19), hash: String(seen?.hash) }] })
    await app.handlers['library.import']({ request: 'again', paths: [path.join(root, 'w')] })
    expect(app.context.store.documents.get(idOf(19))?.tags).toEqual(['Fog'])
    expect(numbersOf('tag', 'validation')).toEqual([18])
    await app.handlers['labels.clear']({ task: 'tag', documents: [19, 20, 21].map(idOf) })
    expect(numbersOf('tag', 'validation')).toEqual([18])
    expect(numbersOf('tag', 'proof')).toEqual([21, 22])
  })

  it('is a score that the owner did not change', async () => {
    for (const n of [18, 22, 23]) suggest('rate', n)
    await accept('rate', 18, '5')
    await accept('rate', 22, '2')
    await accept('rate', 23, '4')
    expect(numbersOf('rate', 'validation')).toEqual([18])
    expect(numbersOf('rate', 'proof')).toEqual([22])
  })
})
