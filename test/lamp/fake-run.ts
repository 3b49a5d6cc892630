/** A LaMP run of three users over a base and a trainer that follow rules; runs, folders and files are the real ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { LampProgress, LampRunOptions, TrainVoice } from '../../main/lamp/options.ts'
import { runLamp } from '../../main/lamp/run.ts'
import type { LampFile } from '../../main/lamp/types.ts'
import type { TrainSettings } from '../../main/trainer/types.ts'
import { fakeBase, fakeBuilder } from '../evaluation/fake-base.ts'

/** A folder for each test of the file, with the base in it; `out` is not made yet. */
export function runFolders(): { folder: string; out: string } {
  const folders = { folder: '', out: '' }
  beforeEach(() => {
    folders.folder = mkdtempSync(path.join(os.tmpdir(), 'lamp-run-'))
    folders.out = path.join(folders.folder, 'out')
    writeFileSync(path.join(folders.folder, 'base.gguf'), 'the base')
  })
  afterEach(() => rmSync(folders.folder, { recursive: true, force: true }))
  return folders
}

export const NAMES = ['ann', 'Ann', 'bob:x/y']
export const file: LampFile = {
  file: 'made.json',
  task: 'headline',
  notes: ['ann: a note'],
  users: NAMES.map((id) => ({
    id,
    task: 'headline',
    profile: [1, 2, 3].map((n) => ({
      id: `${id} ${n}`,
      text: `${id} text ${n}`,
      title: `T${n}`,
      answer: `T${n}`,
      date: `2024-01-0${n}`,
    })),
    queries: Array.from({ length: 11 }, (_, n) => ({
      id: `${id} q${n}`,
      input: `${id} asks ${n}`,
      gold: `G${n}`,
      date: null,
    })),
  })),
}

export interface Trained {
  user: string
  examples: number
  validation: number
  settings: TrainSettings
  resume: boolean
}

/** Own voice 1 nat better, another's .5; a retrieved piece .25. */
export function setUpRun({ folder, out }: { folder: string; out: string }, extra: Partial<LampRunOptions> = {}) {
  const base = fakeBase(path.join(folder, 'base.gguf'), (prompt, _answer, voice) => {
    const asker = (prompt.split('|').at(-1) as string).split(' asks')[0]
    return 4 - (voice === null ? 0 : voice === asker ? 1 : 0.5) - (prompt.includes('|') ? 0.25 : 0)
  })
  const trained: Trained[] = []
  const notes: LampProgress[] = []
  const train: TrainVoice = async (examples, validation, settings, runFolder, { user, resume }) => {
    trained.push({ user, examples: examples.length, validation: validation.length, settings, resume })
    mkdirSync(runFolder, { recursive: true })
    const voiceFile = path.join(runFolder, 'voice.gguf')
    writeFileSync(voiceFile, user)
    const facts = { steps: 2, tokens: 90, seconds: 3, tokensPerSecond: 30, peakMemoryBytes: 5, finalLoss: 1 }
    return { voiceFile, ...facts, bestValidation: null }
  }
  const options: LampRunOptions = {
    base,
    file,
    builder: fakeBuilder,
    train,
    out,
    onProgress: (progress) => notes.push(progress),
    ...extra,
  }
  const run = (more: Partial<LampRunOptions> = {}) => runLamp({ ...options, ...more })
  return { base, trained, notes, run, train, options }
}
