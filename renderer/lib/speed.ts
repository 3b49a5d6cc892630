/** Speeds in words: a model counts in tokens, a writer in words. */
import type { ModelForecast } from '../../preload/contract.ts'
import { words } from '../words/words.ts'
import { formatFixed, formatNumber } from './format.ts'

/** A token is some three quarters of a word; the window says so where it shows speeds. */
const WORDS_A_TOKEN = 0.75

/** Tokens a second as words a second, with a digit after the point where it is slow. */
export function wordsASecond(tokensPerSecond: number): string {
  const speed = tokensPerSecond * WORDS_A_TOKEN
  return speed < 9.5 ? formatFixed(speed, 1) : formatNumber(speed)
}

/** A model's speed: measured as it is, drawn from another's with an "about". Null: nothing is known of it. */
export function speedInWords({ chatTokensPerSecond, measured }: ModelForecast): string | null {
  if (chatTokensPerSecond === null) return null
  const speed = wordsASecond(chatTokensPerSecond)
  return measured ? words.models.speed(speed) : words.models.speedAbout(speed)
}
