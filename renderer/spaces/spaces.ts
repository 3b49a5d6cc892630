/** Each space's page, fetched when it is first opened: what a writer does not open need not be read at the start. */
import type { Component } from 'svelte'
import type { Space } from '../state/app.svelte.ts'

export const PAGES: Record<Space, () => Promise<{ default: Component }>> = {
  draft: () => import('./draft/Draft.svelte'),
  headlines: () => import('./headlines/Headlines.svelte'),
  tags: () => import('./tags/Tags.svelte'),
  ratings: () => import('./ratings/Ratings.svelte'),
  chat: () => import('./chat/Chat.svelte'),
  library: () => import('./library/Library.svelte'),
  voice: () => import('./voice/Voice.svelte'),
  models: () => import('./models/Models.svelte'),
  settings: () => import('./settings/Settings.svelte'),
}
