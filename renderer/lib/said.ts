/** What the host said, in the window's own words. */
import type { Said } from '../../preload/contract.ts'
import { words } from '../words/words.ts'

/** @param text the host's own English, which stands where the language has no words of its own for it */
export function inOwnWords<T extends string | null>(text: T, said: Said | null | undefined): T | string {
  return (said && words.host.said(said)) || text
}
