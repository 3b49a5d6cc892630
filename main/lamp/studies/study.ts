/**
 * What every study of the paper is here: settings, run one after the other over the same queries, and for each the gain
 * over a reference, paired by query, with its intervals. Knows neither files nor models: `run` is handed in.
 */
import {
  bootstrapUsers,
  pairedByQuery,
  perToken,
  type UserEffect,
  type UserObservation,
} from '../../evaluation/statistics.ts'
import type { TokenExample, TrainSettings } from '../../trainer/types.ts'
import type { LampUser } from '../types.ts'
import type { Measure } from './measure.ts'

/** One setting of a study: what differs from the other settings. */
export interface Setting {
  /** Names the folder that keeps it, so that it is taken up after a kill. */
  name: string
  methods: readonly string[]
  /** Default: all users of the study. */
  users?: readonly string[]
  /** What each user has written, as far as this setting knows: for the voice, and for retrieval in use. */
  history?: (user: LampUser) => LampUser
  /** What the voice is trained on instead of the history as the run would show it. */
  examples?: (user: LampUser) => TokenExample[]
  settings?: Partial<TrainSettings>
}

export interface SettingScores {
  /** By method: every query's value in the study's measure. */
  methods: Map<string, UserObservation[]>
  /** Numbers that one voice of this setting has learnt; null where no voice was trained. */
  numbers: number | null
  /** Of training, over all voices. */
  seconds: number
}

export interface StudyContext {
  users: readonly LampUser[]
  /** Queries a user at most. */
  queries?: number
  /** Methods that are studied, and the one that each is compared with. */
  methods: readonly string[]
  against: string
  measure: Measure
  seed: number
  run: (setting: Setting) => Promise<SettingScores>
}

export interface StudyRow {
  /** A line of the picture: a method, or what else is compared within a setting. */
  series: string
  /** A place on the x axis. */
  setting: string
  /** Means of the measure on the queries that both have: per answer token, the end token counted, or per query. */
  reference: number
  value: number
  /** Their difference, positive where the method is better than the reference. */
  gain: UserEffect
  /** Gain over the chosen setting; null for the chosen one itself, or where none is chosen. */
  overChosen: UserEffect | null
  numbers: number | null
  /** Of training. */
  seconds: number
  /** What else stands in the table, by the study. */
  facts?: Record<string, number | string>
}

export interface Study {
  name: StudyName
  /** What is asked; the picture's title. */
  question: string
  /** What the settings are; the x axis. */
  axis: string
  /** Places in order, or numbers trained. */
  places: string[] | 'numbers'
  /** A line joins the places. */
  joined: boolean
  /** Which setting the others are compared with, where one is. */
  chosen: string | null
  against: string
  measure: Measure
  rows: StudyRow[]
  /** What must be known to read it, in sentences. */
  notes: string[]
}

export const STUDIES = ['shift', 'activity', 'formats', 'kinds', 'size'] as const
export type StudyName = (typeof STUDIES)[number]

interface RowParts extends Pick<StudyRow, 'series' | 'setting' | 'facts'> {
  reference: readonly UserObservation[]
  scores: readonly UserObservation[]
  numbers?: number | null
  seconds?: number
}

/** A row out of two methods' scores, without the queries that only one of them has; null where there is none in both. */
export function rowOf(
  { measure, seed }: Pick<StudyContext, 'measure' | 'seed'>,
  { series, setting, reference, scores, numbers = null, seconds = 0, facts }: RowParts,
): StudyRow | null {
  const both = gains(reference, scores, measure)
  if (both.length === 0) return null
  const shared = new Set(both.map(keyOf))
  const of = (observations: readonly UserObservation[]): number =>
    perToken(observations.filter((one) => shared.has(keyOf(one))))
  return {
    series,
    setting,
    reference: of(reference),
    value: of(scores),
    gain: bootstrapUsers({ observations: both, seed }),
    overChosen: null,
    numbers,
    seconds,
    ...(facts ? { facts } : {}),
  }
}

/** A row with what it was made of, so that settings can be compared with each other. */
export interface Measured {
  row: StudyRow
  scores: readonly UserObservation[]
}

/**
 * A row of each studied method in one setting.
 * @param seriesOf the method's line in the picture; its own name when not given
 */
export function measuredAt(
  context: StudyContext,
  setting: string,
  scores: SettingScores,
  reference: readonly UserObservation[],
  seriesOf: (method: string) => string = (method) => method,
): Measured[] {
  const { numbers, seconds } = scores
  return context.methods.flatMap((method) => {
    const own = scoresOf(scores, method)
    const row = rowOf(context, { series: seriesOf(method), setting, reference, scores: own, numbers, seconds })
    return row ? [{ row, scores: own }] : []
  })
}

/** Every row with its gain over the row of the same series in the setting `chosen`. */
export function compareWithChosen(
  { measure, seed }: Pick<StudyContext, 'measure' | 'seed'>,
  measured: readonly Measured[],
  chosen: string,
): StudyRow[] {
  return measured.map(({ row, scores }) => {
    const other = measured.find((one) => one.row.setting === chosen && one.row.series === row.series)
    if (other === undefined || other.row === row) return row
    const both = gains(other.scores, scores, measure)
    return both.length === 0 ? row : { ...row, overChosen: bootstrapUsers({ observations: both, seed }) }
  })
}

function gains(
  reference: readonly UserObservation[],
  scores: readonly UserObservation[],
  { better }: Measure,
): UserObservation[] {
  return better === 'lower' ? pairedByQuery(reference, scores) : pairedByQuery(scores, reference)
}

/** The scores of a method that a setting was asked for. */
export function scoresOf(scores: SettingScores, method: string): UserObservation[] {
  const found = scores.methods.get(method)
  if (found === undefined) throw new Error(`no scores of "${method}" among ${[...scores.methods.keys()].join(', ')}`)
  return found
}

/** Runs the reference once, for studies whose settings leave it as it is. */
export async function runReference({ against, run }: StudyContext): Promise<UserObservation[]> {
  return scoresOf(await run({ name: 'reference', methods: [against] }), against)
}

const keyOf = ({ user, query }: UserObservation): string => JSON.stringify([user, query])
