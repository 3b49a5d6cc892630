/** A voice that no proof could let win is told so before it is trained. */
import path from 'node:path'
import { expect, it } from 'vitest'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { QUICK, testApps } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const { start } = testApps(root, '', 'terminal')

it('a forecast says that a voice cannot win where too few pieces can be proved on', async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'one.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  // The newest of fourteen has no tag, and three are held out.
  const files = Array.from({ length: 14 }, (_, n): [string, string] => [
    `${n}.md`,
    post(
      {
        title: `Ledger ${n} of the quay`,
        date: `2024-02-${String(n + 1).padStart(2, '0')}`,
        ...(n === 13 ? {} : { tags: n % 2 === 0 ? '[sea]' : '[tea]' }),
      },
      prose(n, 120),
    ),
  ])
  const app = await start(path.join(root, 'data'))
  await app.handlers['models.add']({ request: 'm', file: base, as: 'chat' })
  const paths = [writeFiles(path.join(root, 'writing'), Object.fromEntries(files))]
  await app.handlers['library.import']({ request: 'i', paths })
  expect(await app.handlers['train.forecast']({ ...QUICK, tasks: ['tag'] })).toMatchObject({
    ready: true,
    why: expect.stringMatching(
      /^A voice cannot win: only 2 pieces can be proved on, .*; With 14 pieces, the newest 3 /,
    ),
    said: { code: 'note.list', values: [[{ code: 'note.cannotWin', values: [2, 3] }, { code: 'note.mayLose' }]] },
  })
  const both = await app.handlers['train.forecast']({ ...QUICK, tasks: ['tag', 'headline'] })
  expect(both).toMatchObject({ ready: true, why: expect.stringMatching(/^With 14 pieces/) })
}, 60_000)
