/**
 * A data folder for windows whose answers' quality does not matter: a tiny base with random weights that writes nonsense
 * fast, the sample author in the library, and voices that change what it writes.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createApp } from '../../main/app/app.ts'
import { projectFolder } from '../../main/entries.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

/**
 * @param voices names; the first one is switched on
 * @param context tokens; half of them is how long an answer may become
 */
export async function tinyData(data: string, voices: readonly string[] = [], context = 1024): Promise<void> {
  mkdirSync(data, { recursive: true })
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 4, width: 128, ff: 256, vocabulary: 512, context, seed: 3, endless: true })
  const { handlers, close } = await createApp({ dataFolder: data, host: 'terminal' })
  try {
    const { id } = await handlers['models.add']({ request: 'add', file: model, as: 'chat' })
    await handlers['models.use']({ model: id })
    await handlers['library.import']({ request: 'import', paths: [path.join(projectFolder(), 'resources', 'sample')] })
    const ids: string[] = []
    for (const [seed, name] of voices.entries()) {
      const file = path.join(data, `${name}.gguf`)
      randomVoice(file, model, { name, seed: seed + 1 })
      ids.push((await handlers['voices.import']({ file, name })).id)
    }
    const [first] = ids
    if (first !== undefined) await handlers['voices.use']({ voice: first })
  } finally {
    await close()
  }
}
