import type { ContractError, Said } from '../../preload/contract.ts'
import { words } from '../words/words.ts'

/** An error of a call, with the words for the user as the host gave them. */
export class CallError extends Error implements ContractError {
  readonly next: string | null
  readonly said: Said | null
  constructor(name: string, message: string, next: string | null, said: Said | null = null) {
    super(message)
    this.name = name
    this.next = next
    this.said = said
  }
}

/** Whatever was thrown as words for the user. Electron's bridge rejects with a plain object, HTTP with a CallError. */
export function toContractError(error: unknown): ContractError {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    const name = 'name' in error && typeof error.name === 'string' ? error.name : 'Error'
    const next = 'next' in error && typeof error.next === 'string' ? error.next : null
    const said = 'said' in error && typeof error.said === 'object' ? (error.said as Said | null) : null
    return { name, message: error.message, next, ...(said ? { said } : {}) }
  }
  return { name: 'Error', message: String(error), next: null }
}

/** It ended because its owner wanted it to. */
export function isStopped({ name }: ContractError): boolean {
  return name === 'Cancelled' || name === 'AbortError'
}

/** An error as the window says it: where its language has a word for the name, the host's English is the small print. */
export function inWords({ name, message, next, said }: ContractError): {
  message: string
  next: string | null
  exact: string | null
} {
  const named = (said && words.host.said(said)) || words.errors.named(name)
  if (!named) return { message, next, exact: null }
  return { message: named, next: null, exact: [message, next].filter(Boolean).join(' ') }
}

/** The error in a refused call's body; a body that is no ContractError yields one that names the status. */
export function errorFromBody(status: number, body: string): CallError {
  const parsed = parse(body)
  if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
    const { name, message, next, said } = toContractError(parsed)
    return new CallError(name, message, next, said)
  }
  const next = status === 401 || status === 403 ? words.errors.tokenNext : null
  return new CallError('Refused', words.errors.refused(status), next)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
