/**
 * The disposable child that opens one kind of device: a driver that aborts ends this process and no other, and a process
 * holds the libraries of one variant only.
 */

import { endWithParent } from './child.ts'
import type { Variant } from './ggml/library.ts'
import { deviceFacts } from './ggml/list.ts'

process.once('message', (message) => {
  const facts = deviceFacts(message as Variant)
  process.send?.(facts, () => process.exit(0))
})
endWithParent(1)
