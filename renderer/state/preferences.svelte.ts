import type { Storage } from '../../preload/contract.ts'
import { renderMarkdown } from '../lib/markdown.ts'
import type { AppStore } from './app.svelte.ts'

export const SECTIONS = ['appearance', 'writing', 'shortcuts', 'privacy', 'about'] as const
export type Section = (typeof SECTIONS)[number]

/** What the settings' page shows beside the settings themselves. */
export class PreferenceStore {
  #app: AppStore
  #storage = $state.raw<Storage | null>(null)
  #licences = $state<string | null>(null)
  section = $state<Section>('appearance')

  constructor(app: AppStore) {
    this.#app = app
  }

  get storage() {
    return this.#storage
  }
  /** As clean HTML, once asked for. */
  get licences() {
    return this.#licences
  }

  async count(): Promise<void> {
    const storage = await this.#app.attempt(
      () => this.#app.call('app.storage', {}),
      () => void this.count(),
    )
    if (storage) this.#storage = storage
  }

  async readLicences(): Promise<void> {
    const read = await this.#app.attempt(() => this.#app.call('app.licences', {}))
    if (read) this.#licences = await renderMarkdown(read.text)
  }
}
