/** The types that a base's matrices may have to be trained on; others are refused by name, not met in the middle. */
import { IdiolectError } from '../errors.ts'
import { TYPE } from '../ggml/types.ts'
import type { GgufFile, GgufTensor } from '../gguf/read.ts'

/** F32 to IQ4_XS, as `TYPE` lists them, integers left out; each is trained on in a test. */
export const QUANTIZATIONS: readonly string[] = Object.keys(TYPE).filter((name) => !/^I\d/.test(name))

/** @throws IdiolectError `NotCarried` naming the tensor, its type and the types that are carried */
export function checkQuantization(gguf: GgufFile, { name, typeName }: GgufTensor): void {
  if (QUANTIZATIONS.includes(typeName)) return
  throw new IdiolectError(
    'NotCarried',
    `${gguf.file}: ${name} is quantized as ${typeName}, which cannot be trained on`,
    `Voices can be trained on these types: ${QUANTIZATIONS.join(', ')}. The file can still chat.`,
  )
}
