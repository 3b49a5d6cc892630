/**
 * Errors that a user may meet. The message says what happened, with both values where two disagree; `next` says
 * what can be done about it, in one sentence. The app and the terminal show the same words.
 */
import type { ContractError, Said } from '../preload/contract.ts'

export class IdiolectError extends Error {
  readonly next: string | null
  /** The message for a window of another language, where it is worth more than the error's name. */
  readonly said: Said | null
  constructor(name: string, message: string, next: string | null = null, options?: ErrorOptions & { said?: Said }) {
    super(message, options)
    this.name = name
    this.next = next
    this.said = options?.said ?? null
  }
}

/** Any thrown value as one sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Any thrown value as the contract's error. Nothing but name and words crosses: no stack, no paths of the program. */
export function toContractError(error: unknown): ContractError {
  if (error instanceof IdiolectError) {
    const { name, message, next, said } = error
    return { name, message, next, ...(said ? { said } : {}) }
  }
  if (error instanceof Error) return { name: error.name, message: error.message, next: null }
  return { name: 'Error', message: String(error), next: null }
}
