/** The minutes of a run, by method and in all, out of the seconds that its folders keep. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { adapterName, TASKS_FOLDER, voiceName } from './adapters.ts'
import { userFolder } from './folder.ts'
import type { Method } from './methods.ts'
import type { LampRunRecord } from './result.ts'
import { readTimes } from './times.ts'
import type { TrainPrompts } from './training.ts'

export interface Minutes {
  training: number
  scoring: number
  generating: number
}

/** A run's seconds, read once. */
export interface Timed {
  prompts: TrainPrompts
  /** The chosen, and those whose voices stand for others'. */
  users: { chosen: boolean; lent: boolean; times: ReturnType<typeof readTimes> }[]
  tasks: [string, number][]
}

export function timesOf(runs: readonly { out: string; record: LampRunRecord }[]): Timed[] {
  return runs.map(({ out, record }) => {
    const folder = path.join(out, TASKS_FOLDER)
    const names = existsSync(folder) ? readdirSync(folder) : []
    const chosen = new Set(record.users)
    const panel = record.panel && new Set(record.panel)
    return {
      prompts: (record.settings.trainPrompts ?? 'mixed') as TrainPrompts,
      users: [...new Set([...chosen, ...(panel ?? [])])].map((user) => ({
        chosen: chosen.has(user),
        // An old record does not say whose.
        lent: panel?.has(user) ?? true,
        times: readTimes(userFolder(out, user)),
      })),
      tasks: names.flatMap((name) => [...readTimes(path.join(folder, name)).training]),
    }
  })
}

/** Of everything that this method uses. */
export function rowMinutes(method: Method, runs: readonly Timed[]): Minutes {
  const minutes = { training: 0, scoring: 0, generating: 0 }
  for (const { prompts, users, tasks } of runs) {
    const voice = voiceName(method, prompts)
    for (const { chosen, lent, times } of users) {
      const { training, scoring, generating } = times
      minutes.scoring += (scoring.get(method.name) ?? 0) / 60
      minutes.generating += (generating.get(method.name) ?? 0) / 60
      if (voice !== null && (method.voice === 'other' ? lent : chosen))
        minutes.training += (training.get(voice) ?? 0) / 60
    }
    for (const [name, seconds] of method.task ? tasks : []) {
      const isOwn = adapterName(name.replace(/ \(.*$/, ''), method, prompts) === name
      if (isOwn) minutes.training += seconds / 60
    }
  }
  return minutes
}

/** Each adapter once. */
export function minutesOf(runs: readonly Timed[], users: number): Minutes & { perUser: number } {
  const minutes = { training: 0, scoring: 0, generating: 0 }
  for (const run of runs) {
    for (const [, seconds] of run.tasks) minutes.training += seconds / 60
    for (const { times } of run.users) {
      for (const stage of ['training', 'scoring', 'generating'] as const) {
        for (const seconds of times[stage].values()) minutes[stage] += seconds / 60
      }
    }
  }
  return { ...minutes, perUser: (minutes.training + minutes.scoring + minutes.generating) / users }
}
