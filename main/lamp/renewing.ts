/** The base in use, opened anew after many adapters where the caller can: the runtime keeps each that it ever loaded. */
import type { Base } from '../inference/types.ts'
import type { KeptVoice } from './folder.ts'

/** Adapters after which the base is opened anew, unless it is said: some MB each. */
const RENEWED = 128

export interface Bases {
  /** Never one that was closed by opening the next. */
  current(): Promise<Base>
  /** Says what is laid over it. */
  count(laid: readonly KeptVoice[]): void
}

export function createRenewing({
  base,
  renew,
  renewAfter = RENEWED,
}: {
  base: Base
  renew?: () => Promise<Base>
  renewAfter?: number
}): Bases {
  let present = base
  const loaded = new Set<string>()
  return {
    async current() {
      if (renew && loaded.size >= renewAfter) {
        present = await renew()
        loaded.clear()
      }
      return present
    },
    count(laid) {
      for (const { file } of laid) loaded.add(file)
    },
  }
}
