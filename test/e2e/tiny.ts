/**
 * A data folder for windows whose answers' quality does not matter: a tiny base with random weights that writes nonsense
 * fast, the sample author in the library, and voices that change what it writes.
 */
import path from 'node:path'
import { projectFolder } from '../../main/entries.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { runCli } from './host.ts'

/** @param voices names; the first one is switched on */
export async function tinyData(data: string, voices: readonly string[] = []): Promise<void> {
  const model = path.join(data, 'tiny.gguf')
  writeTinyModel(model, { blocks: 4, width: 128, ff: 256, vocabulary: 512, context: 1024, seed: 3 })
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(data, args)
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
    return stdout
  }
  await run('models', 'add', model)
  await run('import', path.join(projectFolder(), 'resources', 'sample'))
  const ids: string[] = []
  for (const [seed, name] of voices.entries()) {
    const file = path.join(data, `${name}.gguf`)
    randomVoice(file, model, { name, seed: seed + 1 })
    ids.push(JSON.parse(await run('--json', 'voices', 'import', file, '--name', name)).id)
  }
  const [first] = ids
  if (first !== undefined) await run('voices', 'use', first)
}
