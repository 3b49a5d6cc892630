/** Does a voice fit a base? Answered before llama.cpp is asked, so that the answer is a sentence. */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import { arrayMismatch } from './array-voice.ts'
import type { VoiceFile } from './voice-file.ts'

/**
 * Throws IdiolectError `VoiceMismatch` naming both architectures, both hashes or both shapes when the voice was not
 * made for this base. A foreign voice names no base; there the shapes decide.
 * @param baseSha256 of the base's whole file, hex
 */
export function checkVoice(voice: VoiceFile, base: GgufFile, baseSha256: string): void {
  const mismatch = (problem: string) =>
    new IdiolectError(
      'VoiceMismatch',
      `The voice ${voice.name ?? voice.file} does not fit the base ${base.file}: ${problem}`,
      voice.baseName === null
        ? 'Use the base it was trained on.'
        : `Use the base it was trained on, ${voice.baseName}.`,
    )
  const architecture = base.string('general.architecture')
  if (voice.architecture !== architecture)
    throw mismatch(`it is for the architecture ${voice.architecture}, the base has ${architecture}`)
  if (voice.baseSha256 !== null && voice.baseSha256 !== baseSha256)
    throw mismatch(`it was trained on the file with SHA-256 ${voice.baseSha256}, the base has ${baseSha256}`)
  const arrays = arrayMismatch(voice, base)
  if (arrays !== null) throw mismatch(arrays)
  for (const { name, K, M } of voice.tensors) {
    const weight = base.tensors.get(name)
    if (weight === undefined) throw mismatch(`it changes ${name}, which the base has not`)
    const [rows = 1, ...more] = weight.shape.slice(1)
    if (weight.shape[0] !== K || rows !== M || more.some((n) => n !== 1))
      throw mismatch(`its pair for ${name} makes [${K}, ${M}], the base has [${weight.shape.join(', ')}]`)
  }
}
