/** Does an adapter's file fit a base's? Voices and task adapters ask alike. */
import { statSync } from 'node:fs'
import type { Said } from '../../../preload/contract.ts'
import { checkVoice } from '../../adapters/check-voice.ts'
import { readVoiceFile } from '../../adapters/voice-file.ts'
import { readGguf } from '../../gguf/read.ts'
import { saidOf } from '../../said.ts'
import type { AppContext } from '../context.ts'

/** A base's file, as adapters are held against it. */
export interface BaseFile {
  path: string
  sha256: string
}

/** The base in use, or null while none is installed. */
export function baseInUse({ bases }: Pick<AppContext, 'bases'>): BaseFile | null {
  const base = bases.chosen('chat')
  return base?.path && base.sha256 ? { path: base.path, sha256: base.sha256 } : null
}

const checked = new Map<string, Said | null>()

/** As said, or null: it fits. Remembered by file, time and base, since it reads both files. The file must be there. */
export function whyNoFit(file: string, base: BaseFile): Said | null {
  const key = `${file}:${statSync(file).mtimeMs}:${base.sha256}`
  let why = checked.get(key)
  if (why === undefined) {
    try {
      checkVoice(readVoiceFile(file), readGguf(base.path), base.sha256)
      why = null
    } catch (error) {
      why = saidOf(error)
    }
    checked.set(key, why)
  }
  return why
}
