/** Long calls by the id that their caller chose, so that `request.cancel` can end them. */
import { IdiolectError } from '../errors.ts'

export interface Requests {
  /** Runs `work` under this id; its signal fires on cancel and when the app closes. */
  run<T>(request: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  cancel(request: string): boolean
  /** Is anything asked for but these, which work in the background? */
  busy(background: readonly string[]): boolean
  /** Called whenever a call begins or ends, until the returned function is called. */
  watch(listener: () => void): () => void
  /** The app is being closed: what is cancelled now was not cancelled by its owner. */
  readonly closed: boolean
  /** Cancels all, takes no more, and waits until each has let go of what it used. */
  close(): Promise<void>
}

export function createRequests(): Requests {
  const running = new Map<string, AbortController>()
  const ends = new Set<Promise<unknown>>()
  const watchers = new Set<() => void>()
  const tell = (): void => {
    for (const watcher of [...watchers]) watcher()
  }
  let closed = false
  const cancel = (request: string): boolean => {
    const controller = running.get(request)
    controller?.abort(new IdiolectError('Cancelled', 'it was cancelled', null))
    return controller !== undefined
  }
  return {
    cancel,
    busy: (background) => [...running.keys()].some((request) => !background.includes(request)),
    watch(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    get closed() {
      return closed
    },
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
      tell()
      const ended = work(controller.signal)
      ends.add(ended)
      try {
        return await ended
      } finally {
        running.delete(request)
        ends.delete(ended)
        tell()
      }
    },
    async close() {
      closed = true
      for (const request of [...running.keys()]) cancel(request)
      await Promise.allSettled(ends)
    },
  }
}
