/** The words of menus, tray and dialogs: the window's own files, in the language that the window has. */
import { LANGUAGES, systemLanguage, type Words } from '../../renderer/words/languages.ts'
import type { App } from '../app/types.ts'
import type { AppLike } from './electron-like.ts'

export type DesktopWords = Words['desktop'] & { readonly said: Words['host']['said'] }

/** Read anew each time: the language may be changed while the app is open. */
export async function desktopWords(electron: AppLike, app: Pick<App, 'handlers'> | null): Promise<DesktopWords> {
  const settings = await app?.handlers['app.settings']({}).catch(() => null)
  const chosen = settings?.language ?? 'system'
  const words = await LANGUAGES[chosen === 'system' ? systemLanguage(electron.getPreferredSystemLanguages()) : chosen]()
  return { ...words.desktop, said: words.host.said }
}
