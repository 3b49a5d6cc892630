/** Each space's sign: in the sidebar, and where a narrow one says what runs. */

import Models from '@lucide/svelte/icons/cpu'
import Feather from '@lucide/svelte/icons/feather'
import Library from '@lucide/svelte/icons/library'
import Chat from '@lucide/svelte/icons/message-square-text'
import Newspaper from '@lucide/svelte/icons/newspaper'
import PenLine from '@lucide/svelte/icons/pen-line'
import Settings from '@lucide/svelte/icons/settings-2'
import Star from '@lucide/svelte/icons/star'
import Tags from '@lucide/svelte/icons/tags'

export const ICONS = {
  draft: PenLine,
  headlines: Newspaper,
  tags: Tags,
  ratings: Star,
  chat: Chat,
  library: Library,
  voice: Feather,
  models: Models,
  settings: Settings,
}
