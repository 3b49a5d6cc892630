/** `lamp study`: the paper's studies, each with a table, a file of all rows and a picture. */
import path from 'node:path'
import type { Command } from 'commander'
import type { AdapterKind } from '../../preload/contract.ts'
import { defaultDataFolder } from '../app/data-folder.ts'
import { IdiolectError } from '../errors.ts'
import { readLampFile } from '../lamp/file.ts'
import { FORMATS, type Format, NEWEST } from '../lamp/studies/formats.ts'
import { MEASURES, type MeasureName } from '../lamp/studies/measure.ts'
import { studyLines } from '../lamp/studies/report.ts'
import { runStudy } from '../lamp/studies/run-study.ts'
import { STUDIES, type StudyName } from '../lamp/studies/study.ts'
import { type LampOptions, lampSettings, runOptions } from './lamp-command.ts'
import { withLamp } from './lamp-session.ts'
import { type GlobalOptions, listOption, numberOption, print, withoutHelp } from './terminal.ts'

interface OwnOptions {
  against?: string
  measure?: MeasureName
  bins?: number
  withinUsers?: boolean
  levels?: number[]
  formats?: Format[]
  newest?: number
  kinds?: AdapterKind[]
  ranks?: number[]
  targetSets?: string[]
}

/** Options that one study alone has. */
const OF_STUDY: Record<StudyName, readonly (keyof OwnOptions)[]> = {
  shift: ['bins', 'withinUsers'],
  activity: ['levels'],
  formats: ['formats', 'newest'],
  kinds: ['kinds'],
  size: ['ranks', 'targetSets'],
}

const KINDS: readonly AdapterKind[] = ['lora', 'ia3', 'prompt']

export function studyCommand(lamp: Command): void {
  const study = runOptions(
    lamp
      .command('study')
      .description(
        `a study of the paper: ${STUDIES.join(', ')}; --methods are compared with --against, by default the voice with the base`,
      )
      .argument('<name>', STUDIES.join(', '))
      .argument('<file>', 'a JSON file of users, histories and queries'),
  )
  withoutHelp(study, '--shard')
    .option('--against <method>', 'what the methods are compared with')
    .option(
      '--measure <what>',
      `of ${Object.keys(MEASURES).join(', ')}`,
      oneOf('measure', Object.keys(MEASURES) as MeasureName[]),
    )
    .option('--bins <n>', 'shift: bins of queries, least like the history to most', numberOption('bins', 2, 8, true))
    .option('--within-users', "shift: bins of each user's own queries")
    .option('--levels <list>', 'activity: items of history', numbersOption('levels', 1, 1e6))
    .option('--formats <list>', `formats: of ${FORMATS.join(', ')}`, someOf('formats', FORMATS))
    .option(
      '--newest <n>',
      `formats: pairs of "newest" and "older", which adds the answers of all before them; default ${NEWEST}`,
      numberOption('newest', 1, 1e6, true),
    )
    .option('--kinds <list>', `kinds: of ${KINDS.join(', ')}`, someOf('kinds', KINDS))
    .option('--ranks <list>', 'size: ranks', numbersOption('ranks', 1, 256))
    .option('--target-sets <list>', 'size: sets of targets, a ; between them ("q,v;all")', setsOption)
    .action(async (named: string, file: string, own: LampOptions & OwnOptions, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const name = oneOf('study', STUDIES)(named)
      checkOwn(name, own)
      const dataFolder = options.data ? path.resolve(options.data) : defaultDataFolder()
      const lampFile = readLampFile(path.resolve(file))
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
      const out = path.resolve(own.out ?? path.join(dataFolder, 'lamp', `study-${name}-${lampFile.task}-${stamp}`))
      const { methods, ...settings } = lampSettings(own, lampFile)
      const done = await withLamp(
        { dataFolder, file: lampFile, out, base: own.base, trains: true, threads: own.threads },
        async ({ progress, tokenizer, ...session }) => {
          const finished = await runStudy(name, {
            options: {
              ...session,
              ...settings,
              file: lampFile,
            },
            tokenizer,
            out,
            baseName: path.basename(session.base.file, '.gguf'),
            methods,
            against: own.against,
            measure: own.measure,
            shift: { bins: own.bins, within: own.withinUsers },
            activity: { levels: own.levels?.toSorted((a, b) => a - b) },
            formats: { formats: own.formats, newest: own.newest },
            kinds: { kinds: own.kinds, virtualTokens: own.virtualTokens },
            size: { ranks: own.ranks, targets: own.targetSets },
          })
          progress.done(`rows are in ${finished.json}, the picture in ${finished.picture}`)
          return finished
        },
      )
      print(options, done, () => studyLines(done.study))
    })
}

function checkOwn(name: StudyName, own: LampOptions & OwnOptions): void {
  for (const [study, names] of Object.entries(OF_STUDY)) {
    const given = study === name ? undefined : names.find((option) => own[option] !== undefined)
    if (given) throw new IdiolectError('BadOption', `--${dashed(given)} is of the study ${study}, not of ${name}`, null)
  }
  if (own.shard) throw new IdiolectError('BadOption', 'A study takes no --shard', 'Choose fewer users or queries.')
  if (own.methods?.length === 0) throw new IdiolectError('BadOption', '--methods was given an empty list', null)
}

const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function oneOf<T extends string>(name: string, known: readonly T[]) {
  return (text: string): T => {
    const found = known.find((one) => one === text)
    if (found) return found
    const option = name === 'study' ? 'A study is' : `--${name} takes`
    throw new IdiolectError('BadOption', `${option} one of ${known.join(', ')}, not ${JSON.stringify(text)}`, null)
  }
}

function someOf<T extends string>(name: string, known: readonly T[]) {
  const one = oneOf(name, known)
  return (text: string): T[] => filled(name, [...new Set(listOption(text).map(one))])
}

function numbersOption(name: string, least: number, most: number) {
  const one = numberOption(name, least, most, true)
  return (text: string): number[] => filled(name, [...new Set(listOption(text).map(one))])
}

function setsOption(text: string): string[] {
  return filled(
    'target-sets',
    text
      .split(';')
      .map((set) => set.replaceAll(/\s/g, ''))
      .filter(Boolean),
  )
}

function filled<T>(name: string, list: T[]): T[] {
  if (list.length > 0) return list
  throw new IdiolectError('BadOption', `--${name} was given an empty list`, null)
}
