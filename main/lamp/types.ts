/** A benchmark file as read and cleaned: users, their histories and held-out queries. */
import type { TaskName } from '../examples/types.ts'
import type { LampTask } from './tasks.ts'

export interface LampItem {
  id: string
  /**
   * What the user had before them; empty where the history is bare answers (tweets). Of tag and rate its title comes
   * first, as in their queries. Of prose the passage itself, whose input is the end of the passage before.
   */
  text: string
  /** What the piece is called: of headline its answer, of prose the chapter; empty where nothing is known. */
  title: string
  /** What the user made of it: the title, the tag, the score as text, the passage. */
  answer: string
  /** ISO date, or null. */
  date: string | null
}

export interface LampQuery {
  id: string
  /** The text asked about, without a question's own words. */
  input: string
  /** The piece asked about, where the input is more than it: of LaMP-1 the title, without the references. */
  piece?: string
  gold: string
  /** Every answer that is right, where there are several; `gold` is one of them. */
  golds?: string[]
  date: string | null
}

export interface LampUser {
  id: string
  task: TaskName
  /** The labels to choose from, where the file or its task says so. */
  labels?: string[]
  /** In the order of writing. */
  profile: LampItem[]
  queries: LampQuery[]
}

export interface LampFile {
  file: string
  task: TaskName
  /** LaMP's own task, where the file is LaMP's or OPPU's; then its words and metrics stand for the assistant's. */
  benchmark?: LampTask
  users: LampUser[]
  /** What was set aside or taken as it came, one sentence each, naming the user. */
  notes: string[]
}
