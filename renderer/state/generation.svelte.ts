import type { GenerationOptions } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

/** Voice, strength and retrieval of one space: the voice's own or the settings' until the user sets them here. */
export class GenerationChoice {
  #app: AppStore
  #scale = $state<number | null>(null)
  #retrieval = $state<boolean | null>(null)
  voice = $state(true)

  constructor(app: AppStore) {
    this.#app = app
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

  get options(): GenerationOptions {
    return { voice: this.voice ? undefined : null, scale: this.scale, retrieval: this.retrieval }
  }
}
