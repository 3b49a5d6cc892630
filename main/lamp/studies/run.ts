/** Settings of a study as runs of the benchmark, a folder each; what is finished there is not done again. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { IdiolectError } from '../../errors.ts'
import type { UserObservation } from '../../evaluation/statistics.ts'
import { readJson, userFolder } from '../folder.ts'
import { parseMethod } from '../methods.ts'
import type { LampRunOptions } from '../options.ts'
import { createRenewing } from '../renewing.ts'
import type { LampMethodResult } from '../result.ts'
import { type LampResult, runLamp } from '../run.ts'
import type { LampUser } from '../types.ts'
import { type Measure, observe } from './measure.ts'
import type { Setting, SettingScores } from './study.ts'

export interface SettingRunner {
  /** Of every run, but what a setting decides. */
  options: Omit<LampRunOptions, 'out' | 'methods' | 'history' | 'examples' | 'tasksOut' | 'bases'>
  /** Of the study: those who can be scored. */
  users: readonly LampUser[]
  /** The study's folder. Task adapters are shared by its settings, which change none of them. */
  out: string
  measure: Measure
  /** Numbers that a finished voice has learnt; null where that cannot be said. */
  numbersOf?: (voiceFile: string) => number | null
}

/** Folders of the settings, beside the study's own files. */
export const settingFolder = (out: string, name: string): string =>
  path.join(out, 'settings', name.replaceAll(/[^A-Za-z0-9._-]+/g, '-'))

export function createSettingRunner({ options, users: everyone, out, measure, numbersOf }: SettingRunner) {
  let file = options.file
  const bases = createRenewing(options)
  return async (setting: Setting): Promise<SettingScores> => {
    const folder = settingFolder(out, setting.name)
    const result = await runLamp({
      ...options,
      bases,
      file,
      out: folder,
      tasksOut: out,
      methods: [...setting.methods],
      users: usersOf(setting, everyone, options.onProgress),
      // Whatever is compared must be written, others' voices too.
      generate: measure.name === 'rouge1' || measure.name === 'rougeL' ? setting.methods : options.generate,
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

/** Ids of those who take part in a setting: without whom it leaves nothing to train on. Error `NothingToScore` for nobody. */
function usersOf(
  { name, users, examples }: Setting,
  everyone: readonly LampUser[],
  onProgress: LampRunOptions['onProgress'],
): string[] {
  const chosen = users ? everyone.filter(({ id }) => users.includes(id)) : everyone
  const able = examples ? chosen.filter((user) => examples(user).length > 0) : chosen
  const lacking = chosen.filter((user) => !able.includes(user)).map(({ id }) => id)
  const why = `${lacking.join(', ')}: the history leaves nothing to train on in the setting "${name}"`
  if (able.length === 0) throw new IdiolectError('NothingToScore', why, 'Leave this setting out.')
  if (lacking.length > 0) onProgress?.({ user: null, stage: 'note', message: `${why}: left out` })
  return able.map(({ id }) => id)
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
