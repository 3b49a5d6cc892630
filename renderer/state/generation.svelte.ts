import type { GenerationOptions, TrainingTask, Voice } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

/** The voice that is switched on, as `VoiceStore` has it. */
export interface SwitchedOn {
  readonly active: Voice | null
}

/**
 * Voice, strength and retrieval of one space: the voice's own or the settings' until the user sets them here. A voice
 * that never learnt the space's task, or was no better at it, is silent there until it is asked for.
 */
export class GenerationChoice {
  #app: AppStore
  #voices: SwitchedOn
  #task: TrainingTask
  #scale = $state<number | null>(null)
  #retrieval = $state<boolean | null>(null)
  #wanted = $state(true)
  /** The silent voice that was asked for: another one that is switched on later was not. */
  #anyway = $state<string | null>(null)

  /** @param task that the space's texts are; chat and drafting are prose */
  constructor(app: AppStore, voices: SwitchedOn, task: TrainingTask) {
    this.#app = app
    this.#voices = voices
    this.#task = task
  }

  get scale() {
    return this.#scale ?? this.#app.state?.strength ?? this.#app.settings.scale
  }
  set scale(scale: number) {
    this.#scale = scale
  }
  get retrieval() {
    return this.#retrieval ?? this.#app.settings.retrieval
  }
  set retrieval(retrieval: boolean) {
    this.#retrieval = retrieval
  }

  /** The voice that is on, where what this space is about is nothing of its own. */
  get silent(): Voice | null {
    const { active } = this.#voices
    return active && !active.speaks.includes(this.#task) ? active : null
  }

  /** It is silent because its proof found it no better here, not because it never learnt this. */
  get worse(): boolean {
    return this.silent?.worse?.includes(this.#task) ?? false
  }

  /** Whose voice writes here, as things stand. */
  get voice(): Voice | null {
    return this.#wanted && (this.silent === null || this.silent.id === this.#anyway) ? this.#voices.active : null
  }

  /** Name of the task adapter that answers here, where no voice does and none was refused; else null. */
  get standIn(): string | null {
    if (!this.#wanted || this.voice !== null) return null
    return this.#app.state?.standIns?.[this.#task] ?? null
  }

  useVoice(on: boolean): void {
    this.#wanted = on
    this.#anyway = on ? (this.silent?.id ?? null) : null
  }

  get options(): GenerationOptions {
    // What is on need not be named: the host knows, even before this window does.
    const named = this.silent && this.voice?.id
    return { voice: this.#wanted ? (named ?? undefined) : null, scale: this.scale, retrieval: this.retrieval }
  }
}
