/** Long calls by the id that their caller chose, so that `request.cancel` can end them. */
import { IdiolectError } from '../errors.ts'

export interface Requests {
  /** Runs `work` under this id; its signal fires on cancel and when the app closes. */
  run<T>(request: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  cancel(request: string): boolean
  cancelAll(): void
}

export function createRequests(): Requests {
  const running = new Map<string, AbortController>()
  return {
    async run(request, work) {
      if (running.has(request)) {
        throw new IdiolectError('RequestTaken', `the request ${JSON.stringify(request)} is already running`, 'Choose another id.')
      }
      const controller = new AbortController()
      running.set(request, controller)
      try {
        return await work(controller.signal)
      } finally {
        running.delete(request)
      }
    },
    cancel(request) {
      const controller = running.get(request)
      controller?.abort(new IdiolectError('Cancelled', 'it was cancelled', null))
      return controller !== undefined
    },
    cancelAll() {
      for (const request of [...running.keys()]) this.cancel(request)
    },
  }
}
