/** A study for the reader: lines for the terminal, a picture, and both files beside the runs. */
import path from 'node:path'
import { writeAtomically, writeJson } from '../../atomic.ts'
import { type Bounds, isKnown } from '../../evaluation/intervals.ts'
import type { UserEffect } from '../../evaluation/statistics.ts'
import { type Chart, drawChart } from '../chart.ts'
import type { Study, StudyRow } from './study.ts'

/** Whom and what a study was made with, in words for the picture and in facts for the file. */
export interface StudySubject {
  file: string
  task: string
  /** The base's name. */
  base: string
  baseSha256: string
  users: string[]
  /** Queries a user at most; null for all. */
  queries: number | null
  seed: number
  /** What else decides the outcome, for the reader. */
  settings: Record<string, unknown>
}

export const studyFile = (out: string): string => path.join(out, 'study.json')
export const pictureFile = (out: string, name: string): string => path.join(out, `${name}.svg`)

/** Writes study.json and the picture, each whole or not at all. Error `CannotWrite`. */
export function writeStudy(out: string, study: Study, subject: StudySubject): { json: string; picture: string } {
  const files = { json: studyFile(out), picture: pictureFile(out, study.name) }
  const picture = drawChart(chartOf(study, subject))
  writeJson(files.json, { version: 1, ...subject, ...study })
  writeAtomically(files.picture, (append) => append(Buffer.from(picture)))
  return files
}

export function chartOf(study: Study, { task, base, users }: StudySubject): Chart {
  const { places, rows, measure } = study
  const series = [...new Set(rows.map((row) => row.series))].map((name) => ({
    name,
    points: rows
      .filter((row) => row.series === name)
      .flatMap((row) => {
        const x = places === 'numbers' ? row.numbers : places.indexOf(row.setting)
        return x === null || x < 0 ? [] : [{ x, y: row.gain.mean, ...row.gain.overQueries }]
      }),
  }))
  const queries = Math.max(0, ...rows.map((row) => row.gain.queries))
  const who = users.length === 1 ? users[0] : `${users.length} users`
  return {
    title: study.question,
    subtitle: `${task}, ${who}, up to ${queries} queries a point; ${base}`,
    note: ['Whiskers: 95% intervals over new pieces of these users.', ...study.notes].join(' '),
    x: places === 'numbers' ? { label: study.axis, log: true } : { label: study.axis, categories: places },
    y: { label: `gain over ${theReference(study)}, ${measure.unit}` },
    joined: study.joined,
    series,
  }
}

const theReference = ({ against }: Study): string => (against === 'base' ? 'the base' : against)

/** The table: a row a setting, gains with the interval over queries and over users. */
export function studyLines(study: Study): string[] {
  const { rows, against, measure, chosen } = study
  const many = new Set(rows.map((row) => row.series)).size > 1
  const numbered = rows.some((row) => row.numbers !== null)
  const facts = [...new Set(rows.flatMap((row) => Object.keys(row.facts ?? {})))]
  const head = [
    ...(many ? ['of'] : []),
    'setting',
    'users',
    'queries',
    ...facts,
    ...(numbered ? ['numbers'] : []),
    against,
    many ? 'value' : (rows[0]?.series ?? 'value'),
    'gain',
    '95% queries',
    '95% users',
    ...(chosen === null ? [] : [`gain over ${chosen}, 95% queries`]),
    'training',
  ]
  const cells = rows.map((row) => [
    ...(many ? [row.series] : []),
    row.setting,
    `${row.gain.users}`,
    `${row.gain.queries}`,
    ...facts.map((fact) => factText(row, fact)),
    ...(numbered ? [row.numbers === null ? '' : Math.round(row.numbers).toLocaleString('en')] : []),
    fixed(row.reference),
    fixed(row.value),
    fixed(row.gain.mean),
    bounds(row.gain.overQueries),
    bounds(row.gain.overUsers),
    ...(chosen === null ? [] : [row.overChosen ? effect(row.overChosen) : '']),
    row.seconds === 0 ? '' : `${(row.seconds / 60).toFixed(1)} min`,
  ])
  return [
    `${study.question} (${measure.unit}, ${measure.better} is better; gains are paired by query)`,
    '',
    ...aligned([head, ...cells]),
    ...(study.notes.length > 0 ? ['', ...study.notes] : []),
  ]
}

function factText({ facts }: StudyRow, fact: string): string {
  const value = facts?.[fact]
  return typeof value === 'number' ? value.toFixed(2) : (value ?? '')
}

const fixed = (value: number): string => value.toFixed(3).replace('-', '−')
const bounds = (interval: Bounds): string =>
  isKnown(interval) ? `${fixed(interval.low)} to ${fixed(interval.high)}` : 'unknown'
const effect = ({ mean, overQueries }: UserEffect): string => `${fixed(mean)} (${bounds(overQueries)})`

/** Columns of one width, two spaces apart: words to the left, numbers to the right. */
function aligned(rows: string[][]): string[] {
  const columns = rows[0]?.length ?? 0
  const width = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => (row[c] ?? '').length)))
  const isNumber = Array.from({ length: columns }, (_, c) =>
    rows.slice(1).every((row) => /^(?:[−\d.,]+(?: to [−\d.,]+| min)?|unknown|)$/.test(row[c] ?? '')),
  )
  return rows.map((row) =>
    row
      .map((cell, c) => (isNumber[c] ? cell.padStart(width[c] as number) : cell.padEnd(width[c] as number)))
      .join('  ')
      .trimEnd(),
  )
}
