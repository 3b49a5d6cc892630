/**
 * The store: SQLite for state, LanceDB for the passages' vectors, one data folder, one process at a time. Reads and
 * writes; it does not know what a voice, a question or a run means, nor any model.
 *   <data folder>/lock.db, lock.json    who uses the folder
 *   <data folder>/library.db            state (WAL)
 *   <data folder>/vectors/              LanceDB
 */
import path from 'node:path'
import { type Answers, createAnswers } from './answers.ts'
import { type Chats, createChats } from './chats.ts'
import { openDatabase } from './database.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createDrafts, type Drafts } from './drafts.ts'
import { createFolders, type Folders } from './folders.ts'
import { createForeignRuns, type ForeignRuns } from './foreign-runs.ts'
import { createHeadlines, type Headlines } from './headlines.ts'
import { createLabelChoices, type LabelChoices } from './label-choices.ts'
import { createLabelOriginals, type LabelOriginals } from './label-originals.ts'
import { createLabelRows, type LabelRows } from './label-rows.ts'
import { createLabels, type Labels } from './labels.ts'
import { lockFolder } from './lock.ts'
import { makeDataFolder } from './make-folder.ts'
import { MIGRATIONS } from './migrations.ts'
import { createModels, type Models } from './models.ts'
import { DATABASE } from './own-folder.ts'
import { createPassages, type Passages } from './passages.ts'
import { createRemoved, type Removed } from './removed.ts'
import { createRuns, type Runs } from './runs.ts'
import { createSettings, type SettingsTable } from './settings.ts'
import { createSkipped, type Skipped } from './skipped.ts'
import { createTrials, type Trials } from './trials.ts'
import { createVectors, type Vectors } from './vectors.ts'
import { createVoiceReports, type VoiceReports } from './voice-reports.ts'
import { createVoices, type Voices } from './voices.ts'
import { createWordSearch, type WordSearch } from './word-search.ts'

export interface Store {
  /** Absolute path of the data folder. */
  readonly folder: string
  documents: Documents
  passages: Passages
  vectors: Vectors
  skipped: Skipped
  removed: Removed
  folders: Folders
  wordSearch: WordSearch
  answers: Answers
  chats: Chats
  drafts: Drafts
  foreignRuns: ForeignRuns
  headlines: Headlines
  labels: Labels
  labelRows: LabelRows
  labelChoices: LabelChoices
  labelOriginals: LabelOriginals
  runs: Runs
  voices: Voices
  voiceReports: VoiceReports
  trials: Trials
  models: Models
  settings: SettingsTable
  /** Grows with every change to the library's documents: what was built from them is good while this stands. */
  libraryVersion(): number
  /** Grows likewise, but not with tags and scores that the owner decides on: for what was built from texts alone. */
  textsVersion(): number
  /** All or nothing, over any of the SQLite tables. */
  transaction<T>(work: () => T): T
  /** Removes a piece, its passages and their vectors; false when there is no such piece. */
  removeDocument(id: string): Promise<boolean>
  close(): Promise<void>
}

/**
 * Opens (or creates) the data folder and holds it until `close`. Throws IdiolectError `DataFolderBusy`,
 * `DataFolderUnusable`, `LibraryUnreadable`, `LibraryTooNew` or `DiskFull`.
 */
export async function openStore(dataFolder: string): Promise<Store> {
  const folder = path.resolve(dataFolder)
  makeDataFolder(folder)
  const lock = lockFolder(folder)
  try {
    const db = openDatabase(path.join(folder, DATABASE), MIGRATIONS)
    const versions = { texts: 0, labels: 0 }
    const documents = createDocuments(db, () => versions.texts++)
    const passages = createPassages(db)
    const settings = createSettings(db)
    const vectors = createVectors(path.join(folder, 'vectors'), passages, settings)
    let open = true
    return {
      folder,
      documents,
      passages,
      vectors,
      skipped: createSkipped(db),
      removed: createRemoved(db),
      folders: createFolders(db),
      wordSearch: createWordSearch(db),
      answers: createAnswers(db),
      chats: createChats(db),
      drafts: createDrafts(db),
      foreignRuns: createForeignRuns(db),
      headlines: createHeadlines(db),
      labels: createLabels(db),
      labelRows: createLabelRows(db),
      labelChoices: createLabelChoices(db, () => versions.labels++),
      labelOriginals: createLabelOriginals(db),
      runs: createRuns(db, folder),
      voices: createVoices(db),
      voiceReports: createVoiceReports(db),
      trials: createTrials(db),
      models: createModels(db),
      settings,
      libraryVersion: () => versions.texts + versions.labels,
      textsVersion: () => versions.texts,
      transaction: (work) => db.transaction(work),
      async removeDocument(id) {
        const removed = db.transaction(() => {
          if (!documents.remove(id)) return false
          vectors.expectRemoval()
          return true
        })
        if (removed) await vectors.removeDocument(id)
        return removed
      },
      async close() {
        if (!open) return
        open = false
        await vectors.close()
        db.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
