/** Training settings for a run: the paper's protocol as it is, or what the product would take for a history of that size. */
import { defaultSettings } from '../examples/defaults.ts'
import type { SettingsPlan } from './options.ts'

/** `size`: by how much there is to train on, as the product does; `protocol`: LAMP_SETTINGS, the same for everyone. */
export const SETTINGS_PLANS = ['size', 'protocol'] as const
export type SettingsPlanName = (typeof SETTINGS_PLANS)[number]

/** Undefined for the protocol, which is what a run takes by itself. */
export function settingsPlan(name: SettingsPlanName): SettingsPlan | undefined {
  if (name === 'protocol') return undefined
  return (examples) => {
    const tokens = examples.reduce((sum, example) => sum + example.tokens.length, 0)
    // Threads are the caller's; without a validation part there is nothing to stop early by.
    const { threads: _threads, ...settings } = defaultSettings({ examples: examples.length, tokens, threads: 1 })
    return { ...settings, patience: 0 }
  }
}
