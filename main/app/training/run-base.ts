/** Before a run begins or goes on: is its base here, can it be trained on, and is it still the file it was? */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { CatalogModel } from '../../catalog/catalog.ts'
import { sha256OfFile } from '../../catalog/files.ts'
import { IdiolectError } from '../../errors.ts'
import { english, say } from '../../said.ts'
import type { RunRecord } from '../../store/runs.ts'
import { hasPlan, readPlan } from '../../trainer/run-folder.ts'
import type { RunPlan } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import { trainability } from '../models/trainability.ts'

export type InstalledBase = CatalogModel & { path: string; sha256: string }

type Models = Pick<AppContext, 'catalog' | 'bases'>

/**
 * The base called `id`, else the one in use.
 * Errors: IdiolectError `NoModel`, `UnknownModel`, `NotInstalled`, `NotABase` for an embedder.
 */
export function installedBase({ catalog, bases }: Models, id?: string): InstalledBase {
  const model = id === undefined ? bases.baseModel() : catalog.findModel(id)
  const { path: file, sha256 } = model
  if (model.role !== 'chat')
    throw new IdiolectError('NotABase', `${model.id} is an embedder, which writes no text`, 'Choose a chat model.')
  if (!model.installed || !file || !sha256) {
    const why = model.missing ?? `${model.name} is not on this machine yet`
    throw new IdiolectError('NotInstalled', why, model.origin === 'file' ? 'Add the file again.' : 'Get it first.')
  }
  return { ...model, path: file, sha256 }
}

/** The same, if voices can be trained on it. Errors: also `NotTrainable` with the reason. */
export function trainableBase(models: Models, id?: string): InstalledBase {
  const model = installedBase(models, id)
  const { trainable, said: why } = trainability(model)
  if (trainable || !why) return model
  const said = say('note.notTrainable', model.id, why)
  throw new IdiolectError('NotTrainable', english(said), 'Choose another base model.', { said })
}

/**
 * The record of a run that can be gone on with, its base checked by hash. It may not be on the list yet; see `relist`.
 * Errors: IdiolectError `UnknownRun`, `AlreadyDone`, `BadRun`, and those of `checkBase`.
 */
export async function resumableRun({ store }: AppContext, run: string): Promise<RunRecord> {
  const record = store.runs.get(run) ?? foundRun(store.folder, run)
  if (!record) {
    const known = store.runs.list().map(({ id }) => id)
    throw new IdiolectError(
      'UnknownRun',
      `there is no run ${JSON.stringify(run)}; there are: ${known.join(', ') || 'none'}`,
      null,
    )
  }
  if (record.stage === 'done')
    throw new IdiolectError('AlreadyDone', `the run ${run} is done; its voice is ${record.voice}`, null)
  if (!hasPlan(record.folder)) throw new IdiolectError('BadRun', `${record.folder} holds no plan`, 'Train again.')
  // Takes seconds, in which the store may be closed.
  await checkBase(readPlan(record.folder))
  return record
}

/** Puts a run that was found on the list. Errors: `UnknownRun` where its voice was removed meanwhile, and the run with it. */
export function relist({ store }: Pick<AppContext, 'store'>, record: RunRecord): void {
  if (!hasPlan(record.folder)) throw new IdiolectError('UnknownRun', `the run ${record.id} was removed`, null)
  if (!store.runs.get(record.id)) store.runs.put(record)
}

/** A run whose folder was whole when a kill came, but not yet listed. */
function foundRun(dataFolder: string, run: string): RunRecord | null {
  if (!/^[\w-]+$/.test(run)) return null
  const folder = path.join(dataFolder, 'runs', run)
  if (!hasPlan(folder)) return null
  const { createdAt, base } = readPlan(folder)
  return { id: run, folder, createdAt, stage: 'interrupted', base: base.id, voice: null, options: {} }
}

/**
 * A run's half-trained weights mean nothing on another base, and its proof would be a lie.
 * Errors: IdiolectError `BaseMissing`, `BaseChanged` with both hashes.
 */
async function checkBase({ run, base }: RunPlan): Promise<void> {
  if (!existsSync(base.file)) {
    throw new IdiolectError(
      'BaseMissing',
      `the run ${run} was begun on ${base.id} (SHA-256 ${base.sha256}), and ${base.file} is not there any more`,
      'Put that file back, or train again on another base.',
    )
  }
  const found = await sha256OfFile(base.file)
  if (found === base.sha256) return
  throw new IdiolectError(
    'BaseChanged',
    `the run ${run} was begun on ${base.id} with SHA-256 ${base.sha256}, and ${base.file} has ${found} now`,
    'Put that file back, or train again.',
  )
}
