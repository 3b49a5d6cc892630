/**
 * From what was prepared to a run folder that is whole: plan, examples, and the files that lie beside them. Knows neither
 * the worker nor the store.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../../atomic.ts'
import { createRun } from '../../trainer/run-folder.ts'
import { keepStart } from '../../trainer/start.ts'
import type { RunPlan, TokenExample } from '../../trainer/types.ts'
import { keepUnder } from '../../trainer/under.ts'
import { writeLearned } from '../library/learned.ts'
import type { InstalledBase } from './run-base.ts'
import { writeProofQueries } from './run-plan.ts'
import type { PreparedVoice } from './run-prepare.ts'
import { taskRole } from './task-adapters.ts'
import type { PreparedTask } from './task-run.ts'

/** All of a run but its name and date. */
export interface Beginning {
  plan: Pick<RunPlan, 'settings' | 'about' | 'card'>
  train: TokenExample[]
  validation: TokenExample[]
  /** Writes what lies beside the plan. @returns what the plan says of it */
  lay(folder: string): Pick<RunPlan, 'lineage' | 'under'>
}

/** @param from the voice that it goes on from, or null @param under the task adapter that it is trained over, or null */
export function voiceBeginning(
  name: string | undefined,
  {
    settings,
    train,
    validation,
    proof,
    pieces,
    tasks,
    scale,
    vocabulary,
    note,
    profiles,
    unknownStart,
    learned,
    learnt,
  }: PreparedVoice,
  from: string | null,
  under: string | null,
): Beginning {
  const trainTasks = train.map(({ task }) => task)
  return {
    plan: {
      settings,
      about: { name: name?.trim(), pieces, tasks, scale, vocabulary, note, trainTasks, profiles, unknownStart },
      card: { learnt },
    },
    train: train.map(({ example }) => example),
    validation,
    lay(folder) {
      writeProofQueries(folder, proof)
      writeLearned(folder, learned)
      return {
        ...(from === null ? {} : { lineage: keepStart(folder, from) }),
        ...(under === null ? {} : { under: keepUnder(folder, under) }),
      }
    },
  }
}

export function taskBeginning(name: string | undefined, prepared: PreparedTask): Beginning {
  const { settings, train, validation, card, trainTasks, note } = prepared
  const called = name?.trim() || `Task adapter for ${card.tasks.join(', ')}`
  return {
    plan: { settings, about: { ...taskRole, name: called, note, trainTasks }, card: { taskAdapter: card } },
    train,
    validation,
    lay: () => ({}),
  }
}

/** Makes the folder, or leaves nothing behind. */
export function makeRun(folder: string, model: InstalledBase, createdAt: string, beginning: Beginning): void {
  const { plan, train, validation } = beginning
  try {
    makeFolder(folder)
    const laid = beginning.lay(folder)
    createRun(
      folder,
      {
        version: 1,
        run: path.basename(folder),
        createdAt,
        base: { id: model.id, file: model.path, sha256: model.sha256, architecture: model.architecture ?? 'llama' },
        ...plan,
        ...laid,
        examples: { train: train.length, validation: validation.length },
        about: { ...plan.about, name: plan.about.name || `Voice of ${createdAt.slice(0, 10)}` },
      },
      train,
      validation,
    )
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
