/** Trainings through the app on a tiny model: short settings, a library to learn from, and waiting for what a run says. */
import { cpSync } from 'node:fs'
import path from 'node:path'
import { afterEach } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import type { AppOptions } from '../../main/app/types.ts'
import type { TrainingState, TrainOptions } from '../../preload/contract.ts'
import { post, prose, writeFiles } from './library.ts'

export const QUICK: TrainOptions = { tasks: ['headline'], epochs: 1, batch: 4, rank: 2, threads: 1 }
export const LONG: TrainOptions = { ...QUICK, epochs: 100 }

const OVER: readonly TrainingState['stage'][] = ['done', 'failed', 'cancelled', 'interrupted']

export type TestApp = Awaited<ReturnType<typeof createApp>>

/** Writes 14 dated pieces with titles. @returns the folder */
export function writeLedgers(folder: string): string {
  const files = Array.from({ length: 14 }, (_, n): [string, string] => [
    `${n}.md`,
    post({ title: `Ledger ${n} of the quay`, date: `2024-02-${String(n + 1).padStart(2, '0')}` }, prose(n, 120)),
  ])
  return writeFiles(folder, Object.fromEntries(files))
}

/** Resolves with the first state that fits. */
export function reaches(app: TestApp, fits: (state: TrainingState) => boolean): Promise<TrainingState> {
  return new Promise((resolve) => {
    const off = app.events.on((name, event) => {
      if (name !== 'train.state' || !('totalSteps' in event) || !fits(event)) return
      off()
      resolve(event)
    })
  })
}

export const ends = (app: TestApp): Promise<TrainingState> => reaches(app, ({ stage }) => OVER.includes(stage))

export interface TestApps {
  /** On this data folder. */
  start(dataFolder: string, host?: AppOptions['host']): Promise<TestApp>
  /** On a data folder of its own, as the template is. */
  ready(host?: AppOptions['host']): Promise<TestApp>
}

/**
 * Apps that are closed after each test.
 * @param root where data folders are made
 * @param template the data folder that each begins as
 */
export function testApps(root: string, template: string, usual: AppOptions['host']): TestApps {
  const open: TestApp[] = []
  let folders = 0
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close()
  })
  const start: TestApps['start'] = async (dataFolder, host = usual) => {
    const app = await createApp({ dataFolder, host })
    open.push(app)
    return app
  }
  return {
    start,
    ready(host) {
      const data = path.join(root, `data-${folders++}`)
      cpSync(template, data, { recursive: true })
      return start(data, host)
    },
  }
}
