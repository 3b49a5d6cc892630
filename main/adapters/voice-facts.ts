/** What a voice's file says of it whatever its kind: the keys that all share, and the word for a file that is none. */
import { IdiolectError } from '../errors.ts'
import { arrayOf, type GgufValue, text, uint32 } from '../gguf/values.ts'

/** Of Idiolect's own keys. */
export const VERSION = 1

/** What every file that Idiolect writes says of its voice. */
export interface VoiceFacts {
  architecture: string
  targets: string[]
  baseSha256: string
  baseName: string
  name: string
  /** Now, when not given. */
  createdAt?: string
  /** Facts for the card, anything JSON holds. */
  extra?: Record<string, unknown>
}

/** The keys that voices of every kind share. */
export function metadataOf(voice: VoiceFacts): Record<string, GgufValue> {
  return {
    'general.type': text('adapter'),
    'general.architecture': text(voice.architecture),
    'general.name': text(voice.name),
    'idiolect.version': uint32(VERSION),
    'idiolect.name': text(voice.name),
    'idiolect.created': text(voice.createdAt ?? new Date().toISOString()),
    'idiolect.targets': arrayOf('string', voice.targets),
    'idiolect.base.name': text(voice.baseName),
    'idiolect.base.sha256': text(voice.baseSha256),
    'idiolect.extra': text(JSON.stringify(voice.extra ?? {})),
  }
}

export function badVoice(file: string, problem: string): IdiolectError {
  return new IdiolectError('BadVoice', `${file} is no usable voice: ${problem}`, 'Choose another voice file.')
}
