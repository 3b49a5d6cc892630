/** Notices when something was not used for a while. Knows neither what it is, nor what is done then. */

export interface Idle {
  /** It is in use until the returned function is called. */
  use(): () => void
  end(): void
}

/**
 * @param minutes asked at the end of each use; 0: never
 * @param rest called once when nothing was used for so long
 */
export function createIdle(minutes: () => number, rest: () => void): Idle {
  let uses = 0
  let timer: NodeJS.Timeout | undefined
  return {
    use() {
      uses++
      clearTimeout(timer)
      let ended = false
      return () => {
        if (ended) return
        ended = true
        uses--
        const wait = minutes() * 60_000
        if (uses > 0 || wait <= 0) return
        clearTimeout(timer)
        // Nobody waits for it: the process may end before.
        timer = setTimeout(rest, wait).unref()
      }
    },
    end: () => clearTimeout(timer),
  }
}
