/** How a host in a terminal ends: what Ctrl-C says and does. Knows no signals and no services. */
import { messageOf } from '../errors.ts'
import { oncePressed } from '../interrupts.ts'

export interface EndingDeps {
  /** Is a voice being trained at this moment. */
  running: () => boolean
  /** Ends everything cleanly. */
  end: () => Promise<void>
  say: (line: string) => void
  exit: (code: number) => void
  /** Milliseconds; for tests. */
  now?: () => number
}

export interface Ending {
  /** Ctrl-C: while a run is going the first one only says so; the next one ends, and one more waits for nothing. */
  interrupt(): void
  /** The system asks: ends cleanly, without a question. */
  terminate(): void
}

export function endingOf({ running, end, say, exit, now }: EndingDeps): Ending {
  let warned = false
  let ending = false
  const terminate = (): void => {
    if (ending) {
      exit(130)
      return
    }
    ending = true
    say('Ending ...')
    end().then(
      () => exit(0),
      (error: unknown) => {
        say(messageOf(error))
        exit(1)
      },
    )
  }
  return {
    terminate: oncePressed(terminate, now),
    interrupt: oncePressed(() => {
      if (!ending && !warned && running()) {
        warned = true
        say('A voice is being trained. If you end now, it rests at its last step and goes on at the next start.')
        say('Press Ctrl-C again to end.')
        return
      }
      terminate()
    }, now),
  }
}
