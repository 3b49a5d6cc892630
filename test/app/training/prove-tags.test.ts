/** Tags and scores of a run are proved as they are suggested: by their rank among what the owner used before. */
import path from 'node:path'
import { expect, it } from 'vitest'
import { readPlan } from '../../../main/trainer/run-folder.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { ends, QUICK, testApps } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const { start } = testApps(root, '', 'terminal')

it('a run’s tags and scores are held against those of its training side', async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'one.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  const files = Array.from({ length: 14 }, (_, n): [string, string] => [
    `${n}.md`,
    post(
      {
        title: `Ledger ${n} of the quay`,
        date: `2024-02-${String(n + 1).padStart(2, '0')}`,
        // The newest has a tag of its own.
        tags: n === 13 ? '[moon]' : n % 3 === 0 ? '[Sea, boats]' : n % 3 === 1 ? '[sea]' : '[tea]',
        rating: String(1 + (n % 5)),
      },
      prose(n, 120),
    ),
  ])
  const app = await start(path.join(root, 'data'))
  await app.handlers['models.add']({ request: 'm', file: base, as: 'chat' })
  const paths = [writeFiles(path.join(root, 'writing'), Object.fromEntries(files))]
  await app.handlers['library.import']({ request: 'i', paths })
  const end = ends(app)
  const { run } = await app.handlers['train.start']({ ...QUICK, tasks: ['tag', 'rate', 'headline'] })
  expect(await end).toMatchObject({ stage: 'done', error: null })
  expect(readPlan(app.training.folderOf(run)).about.vocabulary).toEqual(['Sea', 'boats', 'tea'])
  const proof = await app.handlers['voices.proof']({ voice: run })
  const counted = proof?.items.map(({ title, task, tokens, choices }) => [task, title.split(' ')[1], tokens, choices])
  expect(counted?.filter(([task]) => task === 'tag')).toEqual([
    ['tag', '11', 1, 3],
    ['tag', '12', 1, 3],
    ['tag', '13', 1, 4],
  ])
  expect(counted?.filter(([task]) => task === 'rate').map(([, , ...rest]) => rest)).toEqual([
    [1, 5],
    [1, 5],
    [1, 5],
  ])
  for (const [task, , tokens, choices] of counted ?? [])
    if (task === 'headline') expect([Number(tokens) > 1, choices]).toEqual([true, undefined])
}, 120_000)
