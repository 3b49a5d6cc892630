import type {
  Proof,
  TrainingForecast,
  TrainingState,
  TrainingStep,
  TrainOptions,
  Voice,
  VoiceHistoryEntry,
  VoiceNeeds,
  VoiceWeight,
} from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

const RUNNING: TrainingState['stage'][] = ['preparing', 'training', 'paused', 'proving']

/** What training would do, the run at hand, the voices there are, and the proof that is shown. */
export class VoiceStore {
  #app: AppStore
  #forecast = $state.raw<TrainingForecast | null>(null)
  #training = $state.raw<TrainingState | null>(null)
  #voices = $state.raw<Voice[]>([])
  #loaded = $state(false)
  #proof = $state.raw<Proof | null>(null)
  #selected = $state<string | null>(null)
  #busy = $state(false)
  #history = $state.raw<VoiceHistoryEntry[]>([])
  /** The question under way, and whether something changed since it was put. */
  #asking: Promise<void> | null = null
  #stale = false
  /** The library that the forecast is of. */
  #library: string | null = null
  /** The base that the voices were read beside. */
  #base: string | null = null
  /** What the user set by hand; everything else is chosen by the host. */
  options = $state<TrainOptions>({})

  constructor(app: AppStore) {
    this.#app = app
    app.on('train.state', (training) => void this.#follow(training))
    app.on('train.step', ({ run, ...step }) => this.#add(run, step))
    app.on('state.changed', (state) => {
      if (state.training) void this.#follow(state.training)
      // Another base in use: other voices can write.
      const changed = state.base !== this.#base || state.voice !== (this.active?.id ?? null)
      this.#base = state.base
      if (changed) void this.loadVoices()
    })
  }

  get forecast() {
    return this.#forecast
  }
  get training() {
    return this.#training
  }
  get voices() {
    return this.#voices
  }
  get proof() {
    return this.#proof
  }
  /** Whether the voices were ever read. */
  get loaded() {
    return this.#loaded
  }
  /** The voice whose proof is shown. */
  get selected() {
    return this.#selected
  }
  /** Which voice was on from when; newest first. */
  get history() {
    return this.#history
  }
  /** A call that changes the run is under way. */
  get busy() {
    return this.#busy
  }

  running = $derived(this.#training !== null && RUNNING.includes(this.#training.stage))
  active = $derived(this.#voices.find((voice) => voice.active) ?? null)
  /** The one that is switched on and cannot write on the base in use. */
  resting = $derived(this.#voices.find((voice) => voice.resting) ?? null)
  shown = $derived(this.#voices.find((voice) => voice.id === this.#selected) ?? null)
  /** What was on before the voice that is on now, and can be gone back to. */
  earlier = $derived(
    this.#history.slice(1).find(({ voice, there }) => there && voice !== null && voice !== this.active?.id) ?? null,
  )
  /** 0..1 */
  progress = $derived.by(() => {
    const run = this.#training
    return run && run.totalSteps > 0 ? Math.min(1, (run.steps.at(-1)?.step ?? 0) / run.totalSteps) : 0
  })

  async load(): Promise<void> {
    const training = await this.#app.attempt(() => this.#app.call('train.state', {}))
    if (training) this.#training = training
    await this.loadVoices()
    const first = this.#training?.voice ?? this.active?.id ?? this.#voices[0]?.id
    if (first && !this.#selected) await this.select(first)
  }

  async loadVoices(): Promise<void> {
    const voices = await this.#app.attempt(
      () => this.#app.call('voices.list', {}),
      () => void this.loadVoices(),
    )
    if (voices) {
      this.#voices = voices
      this.#loaded = true
    }
    const history = await this.#app.attempt(() => this.#app.call('voices.history', {}))
    if (history) this.#history = history
  }

  /** What was worked out for another library is no forecast of this one. @param library what tells it from others */
  forecastOf(library: string): void {
    if (this.#library !== null && this.#library !== library) this.#forecast = null
    this.#library = library
  }

  /** What training with the present options would take; resolves when nothing newer is asked for. */
  loadForecast(): Promise<void> {
    this.#stale = true
    this.#asking ??= this.#askForecast().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  /** One question at a time: each takes seconds of the machine, and what changes meanwhile is asked once, after it. */
  async #askForecast(): Promise<void> {
    while (this.#stale) {
      this.#stale = false
      const options = JSON.stringify(this.options)
      const forecast = await this.#app.attempt(() => this.#app.call('train.forecast', this.options))
      if (forecast && !this.#stale && options === JSON.stringify(this.options)) this.#forecast = forecast
    }
  }

  async select(voice: string): Promise<void> {
    this.#selected = voice
    const proof = await this.#app.attempt(() => this.#app.call('voices.proof', { voice }))
    if (this.#selected === voice) this.#proof = proof
  }

  /** What was interrupted and is passed over leaves with what it has learnt, once the new run has begun. */
  async train(): Promise<boolean> {
    const left = this.#training?.stage === 'interrupted' ? this.#training.run : null
    const begun = await this.#change(() => this.#app.call('train.start', this.options))
    if (begun && left !== null) await this.#app.attempt(() => this.#app.call('train.discard', { run: left }))
    return begun
  }
  resume(run: string): Promise<boolean> {
    return this.#change(() => this.#app.call('train.resume', { run }))
  }
  pause(): Promise<boolean> {
    return this.#change(() => this.#app.call('train.pause', {}))
  }
  continue(): Promise<boolean> {
    return this.#change(() => this.#app.call('train.continue', {}))
  }
  /** Ends the training and keeps what was learnt so far. */
  finish(): Promise<boolean> {
    return this.#change(() => this.#app.call('train.finish', {}))
  }
  cancel(): Promise<boolean> {
    return this.#change(() => this.#app.call('train.cancel', {}))
  }

  async #change(run: () => Promise<TrainingState>): Promise<boolean> {
    if (this.#busy) return false
    this.#busy = true
    const training = await this.#app.attempt(run)
    this.#busy = false
    if (training) await this.#follow(training)
    return training !== null
  }

  async #follow(training: TrainingState): Promise<void> {
    const before = this.#training
    const steps =
      before?.run === training.run && before.steps.length > training.steps.length ? before.steps : training.steps
    this.#training = { ...training, steps }
    if (training.stage !== 'done' || !training.voice) return
    if (before?.run === training.run && before.stage === 'done') return
    await this.loadVoices()
    await this.select(training.voice)
    await this.loadForecast()
  }

  #add(run: string, step: TrainingStep): void {
    const training = this.#training
    if (!training || training.run !== run) return
    // After a resume, steps since the last checkpoint come a second time: the new ones count.
    const steps = [...training.steps.filter((known) => known.step < step.step), step]
    this.#training = { ...training, steps }
  }

  async use(voice: string | null): Promise<void> {
    const voices = await this.#app.attempt(() => this.#app.call('voices.use', { voice }))
    if (voices) this.#voices = voices
    await this.loadVoices()
  }

  async strengthen(voice: string, strength: number | null): Promise<void> {
    await this.#app.attempt(() => this.#app.call('voices.strength', { voice, strength }))
    await this.loadVoices()
  }

  /** @param mix id of the mix that changes; undefined: a new one */
  async mix(mix: string | undefined, name: string, voices: VoiceWeight[]): Promise<boolean> {
    const made = await this.#app.attempt(() => this.#app.call('voices.mix', { mix, name, voices }))
    await this.loadVoices()
    if (made) await this.select(made.id)
    return made !== null
  }

  async rename(voice: string, name: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('voices.rename', { voice, name }))
    await this.loadVoices()
  }

  async remove(voice: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('voices.remove', { voice }))
    await this.loadVoices()
    if (this.#selected !== voice) return
    this.#selected = null
    this.#proof = null
    const next = this.active?.id ?? this.#voices[0]?.id
    if (next) await this.select(next)
  }

  export(
    voice: string,
    file: string,
    format: 'gguf' | 'peft',
  ): Promise<{ file: string; bytes: number; needs: VoiceNeeds } | null> {
    return this.#app.attempt(() => this.#app.call('voices.export', { voice, file, format }))
  }

  async import(file: string): Promise<boolean> {
    const voice = await this.#app.attempt(() => this.#app.call('voices.import', { file }))
    await this.loadVoices()
    if (voice) await this.select(voice.id)
    return voice !== null
  }
}
