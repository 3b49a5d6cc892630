/** Models that tests run on where they are there: null elsewhere, and the tests that need them say so by skipping. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'

const project = projectFolder()

/** The shared folder beside the project, or null. */
export const SHARED = present(path.join(project, '..', 'shared'))

/** A trained llama of 260 thousand parameters. */
export const STORIES = shared('models/stories260K.gguf')

/** A sentence embedder, 384 dimensions. */
export const MINILM = shared('models/all-MiniLM-L6-v2.Q8_0.gguf')

/** The starter model, where an earlier run or the user has put it. */
export const SMOLLM = starter('SmolLM2-135M-Instruct.Q4_1.gguf')

/** Gemma 3 270M, where the user has put it. */
export const GEMMA = starter('gemma-3-270m-q4_k_m.gguf')

function shared(file: string): string | null {
  return present(path.join(project, '..', 'shared', file))
}

function starter(name: string): string | null {
  const home = process.env.IDIOLECT_HOME
  const folders = [
    process.env.IDIOLECT_MODELS,
    home && path.join(home, 'models'),
    path.join(project, '.idiolect', 'models'),
  ]
  for (const folder of folders) {
    const file = folder ? present(path.join(folder, name)) : null
    if (file !== null) return file
  }
  return null
}

function present(file: string): string | null {
  return existsSync(file) ? file : null
}
