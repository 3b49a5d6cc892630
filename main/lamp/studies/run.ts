/** Settings of a study as runs of the benchmark, a folder each; what is finished there is not done again. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { UserObservation } from '../../evaluation/statistics.ts'
import { readJson, userFolder } from '../folder.ts'
import { parseMethod } from '../methods.ts'
import type { LampRunOptions } from '../options.ts'
import type { LampMethodResult } from '../result.ts'
import { type LampResult, runLamp } from '../run.ts'
import { type Measure, observe } from './measure.ts'
import type { Setting, SettingScores } from './study.ts'

export interface SettingRunner {
  /** Of every run, but what a setting decides. */
  options: Omit<LampRunOptions, 'out' | 'methods' | 'history' | 'examples' | 'tasksOut'>
  /** The study's folder. Task adapters are shared by its settings, which change none of them. */
  out: string
  measure: Measure
  /** Numbers that a finished voice has learnt; null where that cannot be said. */
  numbersOf?: (voiceFile: string) => number | null
}

/** Folders of the settings, beside the study's own files. */
export const settingFolder = (out: string, name: string): string =>
  path.join(out, 'settings', name.replaceAll(/[^A-Za-z0-9._-]+/g, '-'))

export function createSettingRunner({ options, out, measure, numbersOf }: SettingRunner) {
  let file = options.file
  return async (setting: Setting): Promise<SettingScores> => {
    const folder = settingFolder(out, setting.name)
    const result = await runLamp({
      ...options,
      file,
      out: folder,
      tasksOut: out,
      methods: [...setting.methods],
      ...(setting.users ? { users: [...setting.users] } : {}),
      ...(setting.history ? { history: setting.history } : {}),
      ...(setting.examples ? { examples: setting.examples } : {}),
      settings: { ...options.settings, ...setting.settings },
    })
    // What was found in the file is said once, not with every setting.
    file = { ...file, notes: [] }
    const users = Object.entries(result.users)
    return {
      methods: new Map(setting.methods.map((name) => [name, observed(result, name, measure)])),
      numbers: numbersOf ? meanOf(users.flatMap(([user]) => numbersIn(userFolder(folder, user), numbersOf))) : null,
      seconds: users.reduce((sum, [, { training }]) => sum + (training?.seconds ?? 0), 0),
    }
  }
}

function observed({ users }: LampResult, name: string, measure: Measure): UserObservation[] {
  const canonical = parseMethod(name).name
  return Object.entries(users).flatMap(([user, { methods }]) => {
    const result: LampMethodResult | undefined = methods[name] ?? methods[canonical]
    return (result?.scores ?? []).flatMap((score) => observe(user, score, measure) ?? [])
  })
}

const voiceShape = z.object({ file: z.string() })

/** Of the user's finished voices in a setting: they differ in what they lie over, not in size. */
function numbersIn(folder: string, numbersOf: (voiceFile: string) => number | null): number[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const { name } of folders) {
    const kept = readJson(path.join(folder, name, 'voice.json'), voiceShape)
    const numbers = kept && numbersOf(path.resolve(folder, name, kept.file))
    if (numbers !== null) return [numbers]
  }
  return []
}

function meanOf(values: number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
