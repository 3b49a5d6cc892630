/** Of one piece, as the host takes it: a long book. */
export const MOST_CHARACTERS = 2_000_000

/**
 * Keeps out what is longer than any piece, which a field would lay out for minutes while nothing else goes.
 * @returns how many characters were to be pasted, where that was too many
 */
export function refuseTooLong(event: ClipboardEvent): number | null {
  const { length } = event.clipboardData?.getData('text/plain') ?? ''
  if (length <= MOST_CHARACTERS) return null
  event.preventDefault()
  return length
}
