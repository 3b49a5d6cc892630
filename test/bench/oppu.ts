/**
 * What the method is held to, from files of users to the bars: each task's run goes into a folder of its own under
 * `<out>/oppu`, so that a bench that was broken off goes on where it was. What is asked of each task stands in
 * `oppu-jobs.ts`, how its folder is judged in `oppu-bars.ts`.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openCatalog } from '../../main/app/models/catalog.ts'
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { probeModel } from '../../main/inference/probe.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { runLamp } from '../../main/lamp/run.ts'
import { withLamp } from '../../main/terminal/lamp-session.ts'
import { tableCells } from '../../main/terminal/lamp-table.ts'
import { writeBaseAs } from './base-as.ts'
import { barsOf, tableOf } from './oppu-bars.ts'
import { JOBS, type Job, optionsOf } from './oppu-jobs.ts'
import type { BenchOptions, PartResult } from './types.ts'

export async function oppuPart(options: BenchOptions): Promise<PartResult> {
  const { data, quick, people, say } = options
  if (data === null) throw new Error('there are no files of users: name their folder by --data')
  const dataFolder = path.join(options.out, 'oppu', 'data')
  const base = options.as === null ? undefined : await baseAs(options.base, options.as, dataFolder)
  const result: PartResult = { tables: [], bars: [], data: {} }
  for (const job of JOBS.filter(({ task }) => people.length === 0 || people.includes(task))) {
    say(`oppu: ${job.task}`)
    const name = [job.task, ...(options.as === null ? [] : [options.as]), ...(quick ? ['quick'] : [])].join('-')
    const out = path.join(options.out, 'oppu', name)
    await run(options, job, { from: path.join(data, job.file), out, dataFolder, base })
    const table = tableOf(out, job)
    result.tables.push({
      title: `OPPU, ${job.task}: ${job.says}${options.as === null ? '' : `; the base in ${options.as}`}`,
      ...tableCells(table),
    })
    result.bars.push(...barsOf(out, job, table).map((bar) => (quick ? { ...bar, met: null } : bar)))
    Object.assign(result.data as object, { [job.task]: table })
  }
  return result
}

async function run(
  options: BenchOptions,
  job: Job,
  { from, out, dataFolder, base }: { from: string; out: string; dataFolder: string; base: string | undefined },
): Promise<void> {
  const file = readLampFile(from)
  const session = { dataFolder, file, out, base, trains: true, threads: options.threads }
  await withLamp(session, ({ progress: _, ...handed }) =>
    runLamp({ ...handed, ...optionsOf(job, file, options.quick), file, out }),
  )
}

/** The id of a copy of the base in another type, made and listed where that was not done before. */
async function baseAs(base: string, type: GgmlTypeName, dataFolder: string): Promise<string> {
  const file = path.join(dataFolder, 'models', `${path.basename(base, '.gguf')}.${type}.gguf`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeBaseAs(base, type, file)
  const { id } = await openCatalog(dataFolder).addModel(file, { as: 'chat', probe: (path) => probeModel(path) })
  return id
}
