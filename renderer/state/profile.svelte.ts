import type { Profile, TrainingTask } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

/** The owner's profile for the task at hand: as it is kept, as it is edited, and as it is being written. */
export class ProfileStore {
  #app: AppStore
  #task = $state<TrainingTask>('headline')
  /** The task whose profile stands in the field, while another one's is still to come. */
  #of: TrainingTask = 'headline'
  #kept = $state.raw<Profile | null>(null)
  #request = $state<string | null>(null)
  #streamed = $state('')
  #try = 0
  /** What stands in the field. */
  text = $state('')

  constructor(app: AppStore) {
    this.#app = app
    app.on('stream', ({ request, index, text }) => {
      if (request !== this.#request) return
      // A later try replaces what was written before it.
      this.#streamed = index === this.#try ? this.#streamed + text : text
      this.#try = index
    })
  }

  get task() {
    return this.#task
  }
  get kept() {
    return this.#kept
  }
  get writing() {
    return this.#request !== null
  }
  get streamed() {
    return this.#streamed
  }
  changed = $derived(this.text.trim() !== (this.#kept?.text ?? ''))

  /** Reads what is kept, unless something is being edited or written. */
  async open(): Promise<void> {
    if (!this.changed && !this.writing) await this.load(this.#task)
  }

  /** To another task; what was edited is saved first, and stays on show where that does not work. */
  async go(task: TrainingTask): Promise<void> {
    if (this.changed && !this.writing && !(await this.save())) return
    await this.load(task)
  }

  async load(task: TrainingTask): Promise<void> {
    this.stop()
    const { text } = this
    this.#task = task
    const read = await this.#app.attempt(
      async () => ({ profile: await this.#app.call('profile.get', { task }) }),
      () => void this.go(task),
    )
    if (this.#task !== task) return
    // That it could not be read does not mean that there is none.
    if (!read) this.#task = this.#of
    // What was typed meanwhile stays.
    else if (this.#of === task && this.text !== text) this.#kept = read.profile
    else this.#show(task, read.profile)
  }

  /** @returns whether it is kept now */
  async save(): Promise<boolean> {
    const task = this.#of
    const text = this.text
    const saved = await this.#app.attempt(async () => ({
      profile: await this.#app.call('profile.set', { task, text }),
    }))
    if (saved && this.#of === task) {
      if (this.text === text) this.#show(task, saved.profile)
      else this.#kept = saved.profile
    }
    return saved !== null
  }

  /** @param replace also over the owner's own words, who were asked */
  async write(by: 'model' | 'counts', replace: boolean): Promise<void> {
    if (this.#request) return
    const request = newRequest()
    const task = this.#task
    this.#request = request
    this.#streamed = ''
    this.#try = 0
    const profile = await this.#app.attempt(() => this.#app.call('profile.write', { request, task, by, replace }))
    if (this.#request !== request) return
    this.#request = null
    if (profile) this.#show(task, profile)
  }

  stop(): void {
    void this.#app.cancel(this.#request)
    this.#request = null
  }

  #show(task: TrainingTask, profile: Profile | null): void {
    this.#of = task
    this.#kept = profile
    this.text = profile?.text ?? ''
  }
}
