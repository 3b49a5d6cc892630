import type { Voice } from '../../../preload/contract.ts'

/** What the store keeps of a voice; whether it is active and usable is found when asked. */
export type Card = Omit<Voice, 'active' | 'lost' | 'resting' | 'speaks' | 'usable' | 'whyNot' | 'said'> & {
  imported: boolean
}
