/** Does a voice fit a base? Answered before llama.cpp is asked, so that the answer is a sentence. */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import { arrayMismatch } from './array-voice.ts'
import type { VoiceFile } from './voice-file.ts'

/**
 * Throws IdiolectError `VoiceMismatch` when the voice was not made for this base, with everything that differs: both
 * architectures, both hashes, and both shapes of the first pair that does not fit, or that all fit. A foreign voice
 * names no base; there the shapes decide.
 * @param baseSha256 of the base's whole file, hex
 */
export function checkVoice(voice: VoiceFile, base: GgufFile, baseSha256: string): void {
  const architecture = base.string('general.architecture')
  const sameArchitecture = voice.architecture === architecture
  // Another architecture has other names for everything: its shapes say nothing.
  const shapes = sameArchitecture ? (arrayMismatch(voice, base) ?? pairMismatch(voice, base)) : null
  const problems: string[] = []
  if (!sameArchitecture) problems.push(`it is for the architecture ${voice.architecture}, the base has ${architecture}`)
  if (voice.baseSha256 !== null && voice.baseSha256 !== baseSha256)
    problems.push(`it was trained on the file with SHA-256 ${voice.baseSha256}, the base has ${baseSha256}`)
  if (shapes !== null) problems.push(shapes)
  if (problems.length === 0) return
  const alike = sameArchitecture && shapes === null ? ' (its shapes would fit)' : ''
  throw new IdiolectError(
    'VoiceMismatch',
    `The voice ${voice.name ?? voice.file} does not fit the base ${base.file}: ${problems.join('; ')}${alike}`,
    voice.baseName === null ? 'Use the base it was trained on.' : `Use the base it was trained on, ${voice.baseName}.`,
  )
}

/** The first pair that does not fit the base, in words, or null. */
function pairMismatch(voice: VoiceFile, base: GgufFile): string | null {
  for (const { name, K, M } of voice.tensors) {
    const weight = base.tensors.get(name)
    if (weight === undefined) return `it changes ${name}, which the base has not`
    const [rows = 1, ...more] = weight.shape.slice(1)
    if (weight.shape[0] !== K || rows !== M || more.some((n) => n !== 1))
      return `its pair for ${name} makes [${K}, ${M}], the base has [${weight.shape.join(', ')}]`
  }
  return null
}
