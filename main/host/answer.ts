/** What every host does with a call: is there such a call, call it, and errors as data. */
import { CALL_NAMES, type CallName, type ContractError, type Handlers } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'

const names = new Set<string>(CALL_NAMES)

export function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && names.has(name)
}

/** Any thrown value as the contract's error. Nothing but name and words crosses: no stack, no paths of the program. */
export function toContractError(error: unknown): ContractError {
  if (error instanceof IdiolectError) return { name: error.name, message: error.message, next: error.next }
  if (error instanceof Error) return { name: error.name, message: error.message, next: null }
  return { name: 'Error', message: String(error), next: null }
}

/** Calls by name. Errors: whatever the handler throws; IdiolectError `UnknownCall`, `BadInput`. */
export async function callByName(handlers: Handlers, name: unknown, input: unknown): Promise<unknown> {
  if (!isCallName(name)) throw new IdiolectError('UnknownCall', `There is no call "${String(name)}".`)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new IdiolectError('BadInput', `"${name}" takes an object.`)
  }
  // The handler checks its own fields; here only the name decides which one it is.
  const handler = handlers[name] as (input: unknown) => Promise<unknown>
  return await handler(input)
}
