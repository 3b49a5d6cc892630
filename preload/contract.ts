/**
 * The one contract between the renderer and whoever serves it: Electron over IPC, the browser host over
 * loopback HTTP, the terminal by direct calls. Types, and the two lists of names at the end: nothing else runs here, so
 * that the sandboxed preload can import it.
 *
 * Calls return a promise of their result. Long ones take a `request` id chosen by the caller: progress comes
 * as events bearing that id, and `request.cancel` ends it. Dates are ISO 8601 (`2024-05-17` or with a time);
 * sizes are bytes, durations seconds, scores unitless unless said.
 */

// ---- the app ----------------------------------------------------------------------------------------------

export interface AppInfo {
  version: string
  host: 'electron' | 'browser' | 'terminal'
  platform: string
  /** Absolute path of the data folder (state, models, runs, voices). */
  dataFolder: string
  /** A copy of the sample author's posts that may be imported to try the app; absolute path. */
  sampleFolder: string
  cores: number
  /** Threads used while chatting / while training in the background. */
  chatThreads: number
  trainThreads: number
  memoryBytes: number
  freeMemoryBytes: number
  /** e.g. `CPU (zen4)`, `Vulkan: …`. */
  device: string
}

export interface AppState {
  /** Nothing imported, no voice: show the first start. */
  firstStart: boolean
  documents: number
  passages: number
  /** Id of the base model that chats and is trained on, or null when none is installed yet. */
  base: string | null
  /** Id of the embedder model, or null: then the base's pooled states serve retrieval, and the app says so. */
  embedder: string | null
  /** Id of the voice that is switched on, or null. */
  voice: string | null
  training: TrainingState | null
  questions: number
}

// ---- library ----------------------------------------------------------------------------------------------

export interface DocumentSummary {
  id: string
  path: string
  title: string
  /** ISO date, or null when neither front matter nor file name gave one (then the file's own time is used for order). */
  date: string | null
  tags: string[]
  /** The owner's own score, as found (usually 1..5), or null. */
  rating: number | null
  words: number
  kind: 'markdown' | 'text' | 'html'
  /** `mine` trains; `asked` waits for an answer to a question; `excluded` is kept for reading only. */
  status: 'mine' | 'asked' | 'excluded'
  author: string | null
  draft: boolean
}

export interface DocumentFull extends DocumentSummary {
  /** Plain text of the body, paragraphs separated by a blank line. */
  text: string
}

export interface SkippedFile {
  path: string
  reason: string
}

export interface ImportReport {
  /** Pieces read anew or changed in this import. */
  documents: number
  passages: number
  unchanged: number
  skipped: SkippedFile[]
  /** What was set aside and is asked about. */
  questions: ImportQuestion[]
}

/** A group of pieces that may not be the owner's finished writing. */
export interface ImportQuestion {
  id: string
  kind: 'author' | 'draft'
  /** The author's name for `author`, else null. */
  author: string | null
  documents: number
  /** Titles of the first few. */
  examples: string[]
}

export interface ImportProgress {
  request: string
  stage: 'finding' | 'reading' | 'embedding' | 'indexing'
  done: number
  total: number
  /** File at hand, for a line of text. */
  current: string | null
}

export interface PassageHit {
  passage: string
  document: string
  path: string
  title: string
  date: string | null
  text: string
  /** Fused reciprocal rank score, larger is better. */
  score: number
  /** 1-based ranks in the two lists, null where absent: why this passage was found. */
  bm25Rank: number | null
  vectorRank: number | null
}

export interface FolderEntry {
  name: string
  path: string
  folder: boolean
  /** For folders: how many readable writing files stand directly in it; for files 0. */
  pieces: number
}

export interface FolderListing {
  path: string
  parent: string | null
  entries: FolderEntry[]
}

// ---- models -----------------------------------------------------------------------------------------------

export interface ModelInfo {
  id: string
  name: string
  role: 'chat' | 'embedder'
  installed: boolean
  /** In the catalog, or added from a file by the user. */
  origin: 'catalog' | 'file'
  architecture: string | null
  quantization: string | null
  parameters: number | null
  bytes: number
  licence: string | null
  /** What the model is good for, one sentence. */
  note: string
  path: string | null
  sha256: string | null
  /** Can voices be trained on it, and if not, why. */
  trainable: boolean
  whyNot: string | null
  inUse: boolean
}

export interface ModelProgress {
  request: string
  model: string
  stage: 'downloading' | 'verifying' | 'trying' | 'done'
  receivedBytes: number
  totalBytes: number
  /** Which source is being read, in words (`Hugging Face hub`, `Python package …`). */
  source: string
}

// ---- training and voices ----------------------------------------------------------------------------------

export type TrainingTask = 'headline' | 'tag' | 'rate' | 'prose'

/** LoRA: low-rank pairs beside matrices; (IA)3: factors over rows; prompt: learned rows in front of every text. */
export type AdapterKind = 'lora' | 'ia3' | 'prompt'

export type TrainingDevice = 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal'

export interface TrainOptions {
  tasks?: TrainingTask[]
  base?: string
  /** LoRA when not given. */
  kind?: AdapterKind
  /** Learned rows of a prompt; 20 when not given. */
  virtualTokens?: number
  rank?: number
  alpha?: number
  /** rsLoRA: the scale is alpha / √rank instead of alpha / rank. */
  rslora?: boolean
  /** LoRA+: B's learning rate over A's; 1 when not given. */
  loraPlus?: number
  /** Of q, k, v, o, gate, up, down, or all. */
  targets?: string[]
  /** Id of a voice to go on from: its base, kind, rank, alpha and targets are taken, and what is given must be equal. */
  from?: string
  /** Peak learning rate. */
  lr?: number
  epochs?: number
  /** Examples per optimizer step. */
  batch?: number
  /** Tokens per example at most. */
  maxTokens?: number
  dropout?: number
  seed?: number
  threads?: number
  /** What trains; `auto` (the default) is what chats. Kept in the run's plan. */
  device?: TrainingDevice
  /** Put the owner's profile above every prompt, in training and proof alike; the settings' choice when not given. */
  profile?: boolean
  /** Name to give the voice. */
  name?: string
  /** Id of the task adapter to train over; null: none; a voice gone on from keeps its own. */
  taskAdapter?: string | null
}

/** Other people's writing: a file or folder, whose it is, and under which licence. */
export interface TaskText {
  path: string
  author: string
  licence: string
}

/** A task adapter's training: settings as of a voice, texts of others in place of the library. */
export type TaskTrainOptions = Omit<TrainOptions, 'kind' | 'virtualTokens' | 'from' | 'profile' | 'taskAdapter'> & {
  /** The sample author's posts that the app carries; true when not given. */
  sample?: boolean
  texts?: TaskText[]
}

/** OPPU's first stage: a voice of the task's form, trained on other people's texts, over which voices are trained. */
export interface TaskAdapter {
  id: string
  name: string
  /** Of its file, hex: voices name it by this. */
  sha256: string
  base: string
  createdAt: string | null
  /** Does it fit the base in use. */
  usable: boolean
  whyNot: string | null
  tasks: TrainingTask[]
  /** From whose texts; empty for files of others. */
  texts: { author: string; licence: string; pieces: number }[]
  examples: number
  rank: number
  alpha: number
  targets: string[]
  settings: { lr: number; epochs: number; batch: number; dropout: number; seed: number } | null
  bytes: number
  /** Ids of the voices that were trained over it. */
  voices: string[]
}

export interface TrainingForecast {
  ready: boolean
  /** Why training cannot start, in words, or null. */
  why: string | null
  pieces: number
  /** What it would learn; what the library has too little of is left out. */
  tasks?: TrainingTask[]
  examples: { train: number; validation: number; proof: number }
  tokens: number
  steps: number
  seconds: number | null
  memoryBytes: number | null
  options: Required<Pick<TrainOptions, 'rank' | 'alpha' | 'targets' | 'lr' | 'epochs' | 'batch' | 'seed' | 'threads'>>
}

export interface TrainingStep {
  step: number
  steps: number
  epoch: number
  /** Mean negative log-likelihood per answer token of this step's batch, nats. */
  loss: number
  /** The same on the validation part where it was measured at this step, else null. */
  validation: number | null
  lr: number
  gradNorm: number
  tokens: number
  tokensPerSecond: number
  /** Resident memory of the worker, bytes. */
  memoryBytes: number
  secondsLeft: number
}

export interface TrainingState {
  run: string
  stage: 'preparing' | 'training' | 'paused' | 'proving' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  /** One sentence for the user on what is happening. */
  message: string
  /** What to know about the run as it was planned: tasks that were left out, few pieces; null or not given: nothing. */
  note?: string | null
  startedAt: string
  steps: TrainingStep[]
  totalSteps: number
  /** Progress of the proof, 0..1, while proving. */
  proving: number
  voice: string | null
  /** Id of the task adapter that the run made, where it was to make one. */
  taskAdapter?: string | null
  error: string | null
  /** Training rests while an answer is computed, and goes on by itself. */
  aside: boolean
  /** Most memory that the worker will take by its plan, bytes; null until the plan is made. */
  memoryForecast: number | null
}

/** NLL per answer token (nats, the end token counted) over the proof pieces, with a 95% bootstrap interval. */
export interface ProofScore {
  nll: number
  low: number
  high: number
}

export interface ProofDifference {
  /** Mean of paired differences per answer token, nats; positive: the voice is better. */
  mean: number
  low: number
  high: number
}

export interface ProofItem {
  document: string
  title: string
  date: string | null
  task: TrainingTask
  /** Answer tokens in this query. */
  tokens: number
  base: number
  voice: number
  other: number
  baseWithRetrieval: number
  voiceWithRetrieval: number
  otherWithRetrieval: number
}

export interface Proof {
  run: string
  voice: string
  base: string
  computedAt: string
  /** Held-out queries scored (from pieces kept out of training). */
  queries: number
  pieces: number
  scores: {
    base: ProofScore
    voice: ProofScore
    other: ProofScore
    baseWithRetrieval: ProofScore
    voiceWithRetrieval: ProofScore
    otherWithRetrieval: ProofScore
    /** The task adapter alone, where the voice was trained over one. */
    task?: ProofScore
    taskWithRetrieval?: ProofScore
  }
  gain: {
    overBase: ProofDifference
    overBaseWithRetrieval: ProofDifference
    overOther: ProofDifference
    /** Over the task adapter alone: what of the gain is the owner's hand, and not the form of the task. */
    overTask?: ProofDifference
  }
  /** Whose voice the control is, in words. */
  otherIs: string
  /** Did the voice win, and so is switched on; the reason in words either way. */
  won: boolean
  verdict: string
  items: ProofItem[]
}

/** A voice that another one goes on from. */
export interface VoiceOrigin {
  name: string
  /** Of its file, hex. */
  sha256: string
  createdAt: string | null
}

export interface Voice {
  id: string
  name: string
  base: string
  createdAt: string
  run: string | null
  active: boolean
  /** Does the base that this voice was trained on match the installed one. */
  usable: boolean
  whyNot: string | null
  pieces: number
  examples: number
  tokens: number
  trainingSeconds: number
  /** LoRA when not given. */
  kind?: AdapterKind
  /** 0 for other kinds than LoRA, as is alpha. */
  rank: number
  alpha: number
  /** rsLoRA: scaled by alpha / √rank; false when not given. */
  rslora?: boolean
  /** LoRA+: B's learning rate over A's; 1 when not given. */
  loraPlus?: number
  targets: string[]
  /** The voices that it goes on from, nearest first; none when not given. */
  lineage?: VoiceOrigin[]
  /** The task adapter that it was trained over, and is used with; none when not given. */
  under?: VoiceOrigin
  bytes: number
  /** Null for imported voices and until the proof is done. */
  won: boolean | null
  gain: number | null
  tasks: TrainingTask[]
}

// ---- assistant --------------------------------------------------------------------------------------------

export interface Source {
  document: string
  title: string
  path: string
  date: string | null
  text: string
}

export interface VoiceWeight {
  voice: string
  /** 1 as trained. */
  weight: number
}

export interface GenerationOptions {
  /** Voice id; null: without a voice; undefined: the one switched on. */
  voice?: string | null
  /** Several voices at once, in place of `voice`: their changes to the base add up, each times its weight. */
  voices?: VoiceWeight[]
  /** Strength of the voice, 1 as trained; with several, all weights are multiplied by it. */
  scale?: number
  retrieval?: boolean
  /** Show the owner's profile for the task; the settings' choice when not given. */
  profile?: boolean
  seed?: number
  maxTokens?: number
}

/** What is known of the owner as an author, for one task; it stands above the prompt where profiles are on. */
export interface Profile {
  task: TrainingTask
  text: string
  /** The base wrote it, it was counted from the pieces, or the owner wrote or edited it. */
  by: 'model' | 'counts' | 'owner'
  at: string
  /** Id of the base that wrote it; null when none did. */
  base: string | null
  /** Pieces that it was written from, ids; of an edited one, those of the text that was edited. */
  pieces: string[]
}

export interface HeadlineCandidate {
  text: string
  /** Mean log-probability per token under the model that wrote it, nats. */
  score: number
}

export interface HeadlineResult {
  id: string
  candidates: HeadlineCandidate[]
  sources: Source[]
  /** Id of the voice, or several with their weights, `a:0.7+b:0.3`; here and wherever a text names its voice. */
  voice: string | null
}

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
  sources: Source[]
  voice: string | null
}

/** What was suggested for a text, and what its owner chose: `picked` is null until then. */
export interface LabelRecord {
  id: string
  task: 'tag' | 'rate'
  at: string
  /** First words of the piece. */
  excerpt: string
  text: string
  /** As suggested, likeliest first; scores as text. */
  offered: string[]
  picked: string[] | null
  voice: string | null
}

export interface DraftResult {
  text: string
  sources: Source[]
  voice: string | null
  /** Was it stopped before its end. */
  stopped: boolean
}

/** Negative log-likelihood of an answer, nats, over all of its tokens, the end token counted. */
export interface AnswerScore {
  nll: number
  tokens: number
}

export interface HeadlineRecord {
  id: string
  at: string
  /** First words of the piece. */
  excerpt: string
  text: string
  candidates: string[]
  picked: string | null
  /** What the owner made of it, when edited. */
  edited: string | null
  voice: string | null
}

export interface ChatMessage {
  id: string
  conversation: string
  parent: string | null
  role: 'user' | 'assistant'
  text: string
  at: string
  voice: string | null
  sources: Source[]
  /** Was the answer stopped before its end. */
  stopped: boolean
}

export interface Conversation {
  id: string
  title: string
  at: string
  messages: number
}

/** A piece of streamed text. */
export interface StreamChunk {
  request: string
  /** Which candidate (headlines) this belongs to; 0 in chat. */
  index: number
  text: string
}

// ---- the map ----------------------------------------------------------------------------------------------

export interface Calls {
  'app.info': { in: Record<string, never>; out: AppInfo }
  'app.state': { in: Record<string, never>; out: AppState }
  'app.settings': { in: Record<string, never>; out: Settings }
  'app.set': { in: Partial<Settings>; out: Settings }
  'request.cancel': { in: { request: string }; out: { cancelled: boolean } }

  /** Opens the system's folder dialog; `supported: false` where the host has none (use `files.list`). */
  'files.choose': { in: { kind: 'folder' | 'gguf' | 'voice' }; out: { supported: boolean; paths: string[] } }
  /** Folders and writing files in a folder; no path: the home folder. */
  'files.list': { in: { path?: string; kind?: 'writing' | 'gguf' }; out: FolderListing }

  'library.import': { in: { request: string; paths: string[] }; out: ImportReport }
  'library.list': {
    in: { text?: string; tag?: string; status?: DocumentSummary['status']; limit?: number; offset?: number }
    out: { documents: DocumentSummary[]; total: number }
  }
  'library.get': { in: { document: string }; out: DocumentFull }
  'library.search': { in: { query: string; k?: number; before?: string }; out: { passages: PassageHit[] } }
  'library.questions': { in: Record<string, never>; out: ImportQuestion[] }
  /** `mine: true`: these are mine and finished, learn from them; false: keep for reading only. */
  'library.answer': { in: { question: string; mine: boolean }; out: ImportQuestion[] }
  'library.setStatus': { in: { document: string; status: 'mine' | 'excluded' }; out: DocumentSummary }
  'library.remove': { in: { document: string }; out: { removed: boolean } }

  'models.list': { in: Record<string, never>; out: ModelInfo[] }
  'models.get': { in: { request: string; model: string }; out: ModelInfo }
  'models.add': { in: { request: string; file: string; as: 'chat' | 'embedder' }; out: ModelInfo }
  'models.use': { in: { model: string }; out: AppState }
  'models.remove': { in: { model: string }; out: { removed: boolean } }

  'train.forecast': { in: TrainOptions; out: TrainingForecast }
  'train.start': { in: TrainOptions; out: TrainingState }
  /** Goes on with a run that was interrupted (crash, quit) from its last checkpoint. */
  'train.resume': { in: { run: string }; out: TrainingState }
  'train.pause': { in: Record<string, never>; out: TrainingState }
  'train.continue': { in: Record<string, never>; out: TrainingState }
  'train.cancel': { in: Record<string, never>; out: TrainingState }
  'train.state': { in: Record<string, never>; out: TrainingState | null }

  'voices.list': { in: Record<string, never>; out: Voice[] }
  'voices.use': { in: { voice: string | null }; out: Voice[] }
  'voices.rename': { in: { voice: string; name: string }; out: Voice }
  'voices.remove': { in: { voice: string }; out: { removed: boolean } }
  'voices.export': { in: { voice: string; file: string }; out: { file: string; bytes: number } }
  'voices.import': { in: { file: string; name?: string }; out: Voice }
  'voices.proof': { in: { voice: string }; out: Proof | null }

  'profile.get': { in: { task: TrainingTask }; out: Profile | null }
  /**
   * Writes the profile from the pieces that a training would learn from, streaming. What the owner wrote or edited is
   * only replaced where `replace` is true.
   */
  'profile.write': {
    in: { request: string; task: TrainingTask; by?: 'model' | 'counts'; seed?: number; replace?: boolean }
    out: Profile
  }
  /** The owner's own words; an empty text takes the profile away. */
  'profile.set': { in: { task: TrainingTask; text: string }; out: Profile | null }

  'task.train': { in: TaskTrainOptions; out: TrainingState }
  /** Newest first. */
  'task.list': { in: Record<string, never>; out: TaskAdapter[] }
  'task.remove': { in: { taskAdapter: string }; out: { removed: boolean } }
  'task.export': { in: { taskAdapter: string; file: string }; out: { file: string; bytes: number } }
  'task.import': { in: { file: string }; out: TaskAdapter }

  'headline.write': { in: { request: string; text: string; count?: number } & GenerationOptions; out: HeadlineResult }
  'headline.pick': { in: { id: string; picked: string; edited?: string }; out: HeadlineRecord }
  'headline.list': { in: Record<string, never>; out: HeadlineRecord[] }

  /** Ranks the owner's own tags by likelihood; with `fresh`, tags that the model thinks up stand among them. */
  'tag.suggest': {
    in: { request: string; text: string; count?: number; fresh?: boolean; has?: string[] } & GenerationOptions
    out: TagResult
  }
  'tag.pick': { in: { id: string; picked: string[] }; out: LabelRecord }
  /** The distribution over the owner's scale, from the logits. */
  'rate.suggest': { in: { request: string; text: string } & GenerationOptions; out: RateResult }
  'rate.pick': { in: { id: string; score: number }; out: LabelRecord }

  /** Goes on from an opening (`from` not given), or does what an instruction asks. Streams. */
  'draft.write': {
    in: { request: string; text: string; from?: 'opening' | 'instruction' } & GenerationOptions
    out: DraftResult
  }

  /** How likely is this very answer, by the prompt and retrieval that the task has in use. */
  score: {
    in: { request: string; task: TrainingTask; text: string; gold: string } & GenerationOptions
    out: AnswerScore
  }

  /** No `conversation`: a new one begins. The answer streams as `stream` events and returns whole. */
  'chat.send': {
    in: { request: string; conversation?: string; text: string } & GenerationOptions
    out: { question: ChatMessage; answer: ChatMessage }
  }
  'chat.list': { in: { text?: string }; out: Conversation[] }
  'chat.get': { in: { conversation: string }; out: ChatMessage[] }
  'chat.remove': { in: { conversation: string }; out: { removed: boolean } }
}

export interface Settings {
  theme: 'system' | 'light' | 'dark'
  /** Default strength of the voice, 0..2. */
  scale: number
  retrieval: boolean
  /** Show the owner's profile in prompts, and train with it. */
  profile: boolean
}

export interface Events {
  'import.progress': ImportProgress
  'models.progress': ModelProgress
  'train.state': TrainingState
  'train.step': TrainingStep & { run: string }
  stream: StreamChunk
  'state.changed': AppState
}

export type CallName = keyof Calls
export type EventName = keyof Events

/** An error as it crosses the contract: what happened, and what to do next. */
export interface ContractError {
  name: string
  message: string
  /** What the user can do, one sentence, or null. */
  next: string | null
}

/** What the renderer sees as `window.idiolect` in Electron; the browser host's client builds the same. */
export interface Bridge {
  call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']>
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void
}

export type Handlers = { [N in CallName]: (input: Calls[N]['in']) => Promise<Calls[N]['out']> }

/** Every call's name, checked below to be complete: hosts refuse what is not in here. */
export const CALL_NAMES = [
  'app.info',
  'app.state',
  'app.settings',
  'app.set',
  'request.cancel',
  'files.choose',
  'files.list',
  'library.import',
  'library.list',
  'library.get',
  'library.search',
  'library.questions',
  'library.answer',
  'library.setStatus',
  'library.remove',
  'models.list',
  'models.get',
  'models.add',
  'models.use',
  'models.remove',
  'train.forecast',
  'train.start',
  'train.resume',
  'train.pause',
  'train.continue',
  'train.cancel',
  'train.state',
  'voices.list',
  'voices.use',
  'voices.rename',
  'voices.remove',
  'voices.export',
  'voices.import',
  'voices.proof',
  'profile.get',
  'profile.write',
  'profile.set',
  'task.train',
  'task.list',
  'task.remove',
  'task.export',
  'task.import',
  'headline.write',
  'headline.pick',
  'headline.list',
  'tag.suggest',
  'tag.pick',
  'rate.suggest',
  'rate.pick',
  'draft.write',
  'score',
  'chat.send',
  'chat.list',
  'chat.get',
  'chat.remove',
] as const satisfies readonly CallName[]

export const EVENT_NAMES = [
  'import.progress',
  'models.progress',
  'train.state',
  'train.step',
  'stream',
  'state.changed',
] as const satisfies readonly EventName[]

type Missing = Exclude<CallName, (typeof CALL_NAMES)[number]> | Exclude<EventName, (typeof EVENT_NAMES)[number]>
/** A compile error here names a call or event that the lists above lack. */
export const complete: [Missing] extends [never] ? true : Missing = true
