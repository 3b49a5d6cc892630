/** Files that are brought in: read here, and made a draft of by the host. */
import type { AppStore } from '../../state/app.svelte.ts'
import type { DraftStore } from '../../state/draft.svelte.ts'

export async function bringIn(_app: AppStore, drafts: DraftStore, files: readonly File[]): Promise<void> {
  for (const file of files) await drafts.create({ title: file.name, text: await file.text() })
}
