/**
 * The disposable child that tries a model file: loads it, computes a little, says so, ends. A file that makes
 * llama.cpp abort ends this process and no other.
 */
import { endWithParent } from './child.ts'
import { messageOf } from './errors.ts'
import { openBase } from './inference/base.ts'
import { openEmbedder } from './inference/embedder.ts'
import type { ModelSpeed, ProbeReply, ProbeRequest } from './inference/probe-types.ts'
import { measureSpeed } from './inference/speed.ts'

process.once('message', (message) => {
  const request = message as ProbeRequest
  attempt(request).then(
    (speed) => reply({ reason: null, ...(speed ? { speed } : {}) }),
    (error: unknown) => reply({ reason: messageOf(error) }),
  )
})
endWithParent(1)

async function attempt(request: ProbeRequest): Promise<ModelSpeed | null> {
  if (request.isEmbedder) {
    const embedder = await openEmbedder(request.file, { threads: request.threads })
    const [vector] = await embedder.embed(['A few words to try the model.'])
    if (vector === undefined || !vector.every(Number.isFinite)) throw new Error('its vectors are not finite numbers')
    return null
  }
  if (request.measure) return measureSpeed(request.file, request.threads)
  const base = await openBase(request.file, { threads: request.threads, contextSize: 256 })
  const tokens = base.tokenize('A few words to try the model.')
  const [logits] = await base.logits(tokens, [tokens.length - 1])
  if (logits === undefined || !logits.every(Number.isFinite)) throw new Error('its logits are not finite numbers')
  return null
}

function reply(message: ProbeReply): void {
  // Ends by force: an unload that hangs would tell nothing about the model.
  process.send?.(message, () => process.exit(0))
}
