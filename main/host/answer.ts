/** What every host does with a call: is there such a call, call it, and errors as data. */
import { CALL_NAMES, type CallName, type Handlers } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'

const names = new Set<string>(CALL_NAMES)

export function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && names.has(name)
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
