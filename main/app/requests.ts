/** Long calls by the id that their caller chose, so that `request.cancel` can end them. */
import { IdiolectError } from '../errors.ts'

export interface Requests {
  /** Runs `work` under this id; its signal fires on cancel and when the app closes. */
  run<T>(request: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  cancel(request: string): boolean
  /** Cancels all, takes no more, and waits until each has let go of what it used. */
  close(): Promise<void>
}

export function createRequests(): Requests {
  const running = new Map<string, AbortController>()
  const ends = new Set<Promise<unknown>>()
  let closed = false
  const cancel = (request: string): boolean => {
    const controller = running.get(request)
    controller?.abort(new IdiolectError('Cancelled', 'it was cancelled', null))
    return controller !== undefined
  }
  return {
    cancel,
    async run(request, work) {
      if (closed) throw new IdiolectError('Closing', 'the app is being closed', null)
      if (running.has(request)) {
        throw new IdiolectError(
          'RequestTaken',
          `the request ${JSON.stringify(request)} is already running`,
          'Choose another id.',
        )
      }
      const controller = new AbortController()
      running.set(request, controller)
      const ended = work(controller.signal)
      ends.add(ended)
      try {
        return await ended
      } finally {
        running.delete(request)
        ends.delete(ended)
      }
    },
    async close() {
      closed = true
      for (const request of [...running.keys()]) cancel(request)
      await Promise.allSettled(ends)
    },
  }
}
