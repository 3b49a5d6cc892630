/**
 * Ctrl-C as it is pressed and not as it arrives: npm hands the terminal's signal on a second time to a command that got it
 * already. Knows no host, and not what an interruption does.
 */

/** Milliseconds in which a hand doesn't press twice in earnest; a key that is held down counts once as well. */
const ONE_PRESS = 300

/** `act`, called once for all signals of one press. @param now milliseconds, by a clock that nobody sets */
export function oncePressed(act: () => void, now: () => number = () => performance.now()): () => void {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const at = now()
    const again = at - last < ONE_PRESS
    last = at
    if (!again) act()
  }
}
