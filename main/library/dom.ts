/** The HTML and XML parser, read from disk with the first document that wants it: the app's start does without it. */
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

export function dom(): typeof import('linkedom') {
  return load('linkedom')
}
