import { beforeAll, beforeEach, expect, it } from 'vitest'
import { rememberToResume, resumeRemembered } from '../../../main/app/training/resume-at-start.ts'
import type { Training } from '../../../main/app/training/training.ts'
import { IdiolectError } from '../../../main/errors.ts'
import { openStore, type Store } from '../../../main/store/store.ts'
import type { TrainingState } from '../../../preload/contract.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const options = { dataFolder: temporaryFolder(), host: 'browser' } as const
let store: Store
beforeAll(async () => {
  store = await openStore(options.dataFolder)
  return () => store.close()
})

const asked: string[] = []
const training = (stage: TrainingState['stage'], error?: Error): Pick<Training, 'current' | 'handlers'> => ({
  current: () => ({ run: 'r', stage }) as TrainingState,
  handlers: {
    async 'train.resume'({ run }: { run: string }) {
      asked.push(run)
      if (error) throw error
    },
  } as unknown as Training['handlers'],
})
beforeEach(() => {
  asked.length = 0
  rememberToResume({ store, options }, training('training'))
})

const resumed = (error?: Error): Promise<string | null> =>
  resumeRemembered({ store, options }, training('interrupted', error))

it('goes on with a run that was going, once', async () => {
  expect([await resumed(), await resumed()]).toEqual(['r', null])
  expect(asked).toEqual(['r'])
})

it('asks once for a run that cannot go on', async () => {
  const gone = new IdiolectError('BaseMissing', 'the base is gone', null)
  expect([await resumed(gone), await resumed()]).toEqual([null, null])
})

it('goes on at the next start where the app was closed before the run had begun', async () => {
  expect(await resumed(new IdiolectError('Closing', 'the app is being closed', null))).toBeNull()
  expect(await resumed()).toBe('r')
})
