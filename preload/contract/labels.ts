/** Tags and ratings: suggestions by likelihood, and what the owner chose. */
import type { ContractError } from './app.ts'
import type { GenerationOptions, Source } from './assistant.ts'
import type { DocumentSummary } from './library.ts'
import type { Said } from './said.ts'

export interface TagSuggestion {
  tag: string
  /** Share of the likelihood among all tags that were compared, 0..1. */
  probability: number
  /** The owner's other pieces that have it; 0: a new one. */
  pieces: number
  /** The piece at hand has it already. */
  has: boolean
}

export interface TagResult {
  id: string
  /** Likeliest first; new ones, where they were asked for, among the others. */
  suggestions: TagSuggestion[]
  /** The tags that the piece has already, as far as is known. */
  has: string[]
  /** Tags that the owner uses, and how many of them were compared (the most used). */
  vocabulary: number
  compared: number
  /** Of the distribution over what was compared, nats. */
  entropy: number
  /** 1 - entropy / its largest value: 0 for no idea, 1 for certainty. */
  confidence: number
  sources: Source[]
  voice: string | null
}

export interface RateResult {
  id: string
  /** Over the whole scale, lowest score first; the shares add up to 1. */
  distribution: { score: number; probability: number }[]
  expected: number
  likeliest: number
  /** Nats. */
  entropy: number
  /** 1 - entropy / its largest value: 0 for no idea, 1 for certainty. */
  confidence: number
  /** What was done about a scale other than 1 to 5, or about ratings off the scale, in words; null: nothing. */
  note: string | null
  noteSaid?: Said | null
  sources: Source[]
  voice: string | null
}

/** What was suggested for a text, and what its owner chose: `picked` is null until then, and nothing of it is kept. */
export interface LabelRecord {
  id: string
  task: 'tag' | 'rate'
  /** When it was suggested, and once something is picked, when that was. */
  at: string
  /** First words of the piece. */
  excerpt: string
  text: string
  /** As suggested, likeliest first; scores as text. */
  offered: string[]
  picked: string[] | null
  voice: string | null
}

export type LabelTask = LabelRecord['task']

/** What was picked for a single text, and is learnt from at the next training. */
export type LabelPick = Pick<LabelRecord, 'id' | 'task' | 'at' | 'excerpt'> & { picked: string[] }

/**
 * `waiting`: its suggestion is still to be made; `failed`: it could not be, and `error` says why; `written`: accepted,
 * and in the file's front matter too.
 */
export type LabelState = 'waiting' | 'suggested' | 'accepted' | 'skipped' | 'written' | 'failed'

/** Which pieces of one's own a queue takes. All conditions hold together. */
export interface LabelScope {
  /** Without tags or without a score (by the task), with them, or both. */
  which: 'without' | 'with' | 'all'
  /** Below this folder; absolute path. */
  folder?: string
  /** Words to be found in title, path or text. */
  text?: string
  /** These and no others. */
  documents?: string[]
}

/** A piece in the table of suggestions. */
export interface LabelRow {
  document: string
  title: string
  path: string
  kind: DocumentSummary['kind']
  date: string | null
  words: number
  state: LabelState
  /** As the library has them now: what was accepted counts at once. */
  tags: string[]
  rating: number | null
  /** What it had before its owner decided here; null: nothing was decided. */
  before: { tags: string[]; rating: number | null } | null
  /** Which decision it was, ascending; what was decided at once has the same. Null: nothing was decided. */
  step: number | null
  /** What was accepted; scores as text. */
  picked: string[] | null
  /** Likeliest first; of a rating empty. */
  suggestions: TagSuggestion[]
  /** Lowest score first; of tags empty. */
  distribution: { score: number; probability: number }[]
  expected: number | null
  likeliest: number | null
  /** 0 for no idea, 1 for certainty; null: nothing was suggested yet. */
  confidence: number | null
  /** How many pieces the suggestion leaned on. */
  leaned: number
  /** The voice learnt from this very piece, so that agreement says less; null: not known. */
  seen: boolean | null
  voice: string | null
  error: string | null
  said?: Said | null
}

/** The suggestions in the making: kept over quits and crashes. */
export interface LabelJob {
  task: LabelTask
  /** To be cancelled by. */
  request: string
  /** `aside`: somebody is being answered, or a voice is trained; `paused`: by the owner. */
  state: 'running' | 'aside' | 'paused' | 'done' | 'failed'
  /** Of `total`, how many have theirs, or could get none. */
  made: number
  total: number
  /** Title of the piece at hand. */
  current: string | null
  /** Of one piece, measured. */
  secondsPerPiece: number | null
  /** Why it stopped, where it failed. */
  error: string | null
  said?: Said | null
}

export interface LabelList {
  rows: LabelRow[]
  job: LabelJob | null
  /** The owner's tags, the most used first. */
  vocabulary: { tag: string; pieces: number }[]
  /** The owner's scale, ascending. */
  scale: number[]
  scaleNote: string | null
  /** Own pieces, and how many of them have tags (a score). */
  pieces: number
  labelled: number
  /** Pieces for which the owner chose something else than their files say, and whose files can say it. */
  unwritten: string[]
  /** Changes to files that can be taken back. */
  originals: LabelOriginal[]
}

export interface ScopeForecast {
  pieces: number
  /** Measured on this machine where `measured`, else what the starter model took, by the base's size. */
  secondsPerPiece: number | null
  seconds: number | null
  measured: boolean
  /** Folders that hold such pieces, with how many; at most fifty. */
  folders: { path: string; pieces: number }[]
  /** A dozen of them, spread over time. */
  some: { document: string; title: string; date: string | null }[]
}

/** A line of a diff: ' ' both, '-' before, '+' after, '…' lines left out. */
export interface DiffLine {
  sign: ' ' | '-' | '+' | '…'
  text: string
}

/** What writing into a piece's file would change. */
export interface LabelPreview {
  document: string
  title: string
  path: string
  /** sha256 of the file as the preview saw it; empty where it is refused. */
  hash: string
  diff: DiffLine[]
  /** Why the file cannot be written, in words; null: it can. */
  refused: string | null
  said?: Said | null
  /** The file says so already. */
  same: boolean
}

/** A file that was written, and where its original is kept. */
export interface LabelOriginal {
  id: string
  document: string
  path: string
  at: string
  /** Absolute path of the copy. */
  original: string
}

export interface LabelWritten {
  document: string
  path: string
  /** Null: it was not written, and `error` says why. */
  original: LabelOriginal | null
  error: ContractError | null
}

export interface LabelDecision {
  document: string
  /** Tags as the piece shall have them; or one score, as text. */
  picked: string[]
}

export interface LabelsCalls {
  /** Ranks the owner's own tags by likelihood; with `fresh`, tags that the model thinks up stand among them. */
  'tag.suggest': {
    in: { request: string; text: string; count?: number; fresh?: boolean; has?: string[] } & GenerationOptions
    out: TagResult
  }
  /** None takes the choice back. */
  'tag.pick': { in: { id: string; picked: string[] }; out: LabelRecord }
  /** The distribution over the owner's scale, from the logits. */
  'rate.suggest': { in: { request: string; text: string } & GenerationOptions; out: RateResult }
  /** Null takes the choice back. */
  'rate.pick': { in: { id: string; score: number | null }; out: LabelRecord }
  /**
   * Suggestions for many pieces, made in the background; returns at once, `labels.job` and `labels.row` tell the rest.
   * Pieces that were decided stay decided. Under `request` the whole job can be cancelled: what waits goes, what was
   * suggested stays.
   */
  'tag.queue': { in: { request: string; scope: LabelScope } & GenerationOptions; out: LabelJob }
  'rate.queue': { in: { request: string; scope: LabelScope } & GenerationOptions; out: LabelJob }
  'labels.scope': { in: { task: LabelTask; scope: LabelScope }; out: ScopeForecast }
  'labels.pause': { in: { task: LabelTask; paused: boolean }; out: LabelJob | null }
  /** Ends the job as cancelling it does, also one that has failed and runs no more. */
  'labels.stop': { in: { task: LabelTask }; out: LabelJob | null }
  'labels.list': { in: { task: LabelTask }; out: LabelList }
  /** What a suggestion leaned on. */
  'labels.sources': { in: { task: LabelTask; document: string }; out: { sources: Source[] } }
  /** The owner's choice, for pieces with or without a suggestion; all or none. */
  'labels.accept': { in: { task: LabelTask; decisions: LabelDecision[] }; out: { rows: LabelRow[] } }
  'labels.skip': { in: { task: LabelTask; documents: string[] }; out: { rows: LabelRow[] } }
  /** Takes accepting or skipping back: tags and score are again what they were. A row without a suggestion goes. */
  'labels.undo': { in: { task: LabelTask; documents: string[] }; out: { rows: LabelRow[]; gone: string[] } }
  /** Own score and suggestion of rated pieces, farthest apart first. */
  'labels.disagreements': { in: Record<string, never>; out: { rows: LabelRow[] } }
  /** Clears the table of these, or of all that is decided; what was accepted stays accepted. */
  'labels.clear': { in: { task: LabelTask; documents?: string[] }; out: { removed: number } }
  'labels.preview': { in: { task: LabelTask; documents: string[] }; out: { files: LabelPreview[] } }
  /** What was picked for single texts, newest first. */
  'labels.picks': { in: { task: LabelTask }; out: { picks: LabelPick[] } }
  /**
   * Nothing of it stays on disk, the text neither; until the app is closed it can be picked again. A voice that learnt from it
   * keeps what it learnt.
   */
  'labels.forget': { in: { id: string }; out: { removed: boolean } }
  /** Writes into front matter, each file only if it still is what the preview saw (`FileChanged`). */
  'labels.write': {
    in: { task: LabelTask; files: { document: string; hash: string }[] }
    out: { written: LabelWritten[] }
  }
  /** Puts a file's original back, if the file is still as it was written. */
  'labels.restore': { in: { id: string }; out: { path: string } }
}

export const LABELS_CALLS = [
  'tag.suggest',
  'tag.pick',
  'tag.queue',
  'rate.suggest',
  'rate.pick',
  'rate.queue',
  'labels.scope',
  'labels.pause',
  'labels.stop',
  'labels.list',
  'labels.sources',
  'labels.accept',
  'labels.skip',
  'labels.undo',
  'labels.disagreements',
  'labels.clear',
  'labels.picks',
  'labels.forget',
  'labels.preview',
  'labels.write',
  'labels.restore',
] as const satisfies readonly (keyof LabelsCalls)[]
