/** A model's speed in words: measured as it is, drawn from another's with an "about". */
import type { ModelForecast } from '../../preload/contract.ts'
import { words } from '../words/words.ts'
import { formatFixed, formatNumber } from './format.ts'

/** Null: nothing is known of it. */
export function speedInWords({ chatTokensPerSecond, measured }: ModelForecast): string | null {
  if (chatTokensPerSecond === null) return null
  const speed = chatTokensPerSecond < 9.5 ? formatFixed(chatTokensPerSecond, 1) : formatNumber(chatTokensPerSecond)
  return measured ? words.models.speed(speed) : words.models.speedAbout(speed)
}
