/** The user's settings: what they may be, and what they are where nothing was chosen. */
import { z } from 'zod'
import type { Settings } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { PROFILE_DEFAULT } from '../examples/defaults.ts'
import type { AppContext } from './context.ts'

const SETTINGS = 'app.settings'
const DEFAULTS: Settings = {
  theme: 'system',
  textSize: 1,
  language: 'system',
  scale: 1,
  retrieval: true,
  profile: PROFILE_DEFAULT,
  shortcuts: {},
  idleMinutes: 10,
  spellCheck: false,
}
/** More than anybody binds; the settings must stay small. */
const MOST_SHORTCUTS = 500
const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark', 'contrast']).optional(),
  textSize: z.number().min(1).max(2).optional(),
  language: z.enum(['system', 'en', 'de']).optional(),
  scale: z.number().min(0).max(2).optional(),
  retrieval: z.boolean().optional(),
  profile: z.boolean().optional(),
  shortcuts: z
    .record(z.string().min(1).max(100), z.string().max(100))
    .refine((all) => Object.keys(all).length <= MOST_SHORTCUTS, `more than ${MOST_SHORTCUTS} shortcuts`)
    .optional(),
  idleMinutes: z.int().min(0).max(1440).optional(),
  spellCheck: z.boolean().optional(),
})

export function readSettings({ store }: Pick<AppContext, 'store'>): Settings {
  return { ...DEFAULTS, ...store.settings.get<Partial<Settings>>(SETTINGS) }
}

/** Errors: IdiolectError `BadSetting`. */
export function changeSettings(context: Pick<AppContext, 'store'>, changes: Partial<Settings>): Settings {
  const checked = settingsSchema.safeParse(changes)
  if (!checked.success) {
    throw new IdiolectError('BadSetting', `these settings are not understood: ${z.prettifyError(checked.error)}`, null)
  }
  context.store.settings.set(SETTINGS, { ...readSettings(context), ...checked.data })
  return readSettings(context)
}
