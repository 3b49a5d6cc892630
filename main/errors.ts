/**
 * Errors that a user may meet. The message says what happened, with both values where two disagree; `next` says
 * what can be done about it, in one sentence. The app and the terminal show the same words.
 */
export class IdiolectError extends Error {
  readonly next: string | null
  constructor(name: string, message: string, next: string | null = null, options?: ErrorOptions) {
    super(message, options)
    this.name = name
    this.next = next
  }
}

/** Any thrown value as one sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
