/** The task adapters in `resources`: each fits a model of the catalog, and was trained on the sample author's posts alone. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkNumbers } from '../../../main/adapters/share-voice.ts'
import { checkTaskAdapter } from '../../../main/adapters/task-adapter.ts'
import { readVoiceFile } from '../../../main/adapters/voice-file.ts'
import { cardOf } from '../../../main/app/training/task-adapter-files.ts'
import { hashOf } from '../../../main/app/training/task-run.ts'
import { projectFolder } from '../../../main/entries.ts'
import { readFile } from '../../../main/library/read.ts'

const filesIn = (...parts: string[]): string[] => {
  const folder = path.join(projectFolder(), ...parts)
  return readdirSync(folder).map((name) => path.join(folder, name))
}
const models = filesIn('models').map((file) => JSON.parse(readFileSync(file, 'utf8')) as { sha256: string })
const sample = filesIn('resources', 'sample').filter((file) => file.endsWith('.md'))
const shipped = filesIn('resources', 'task-adapters').filter((file) => file.endsWith('.gguf'))

describe('task adapters that come with the app', () => {
  it('are there', () => expect(shipped).not.toEqual([]))

  it.each(shipped.map((file) => [path.basename(file), file]))('%s: whose, for which base, how large', (_, file) => {
    const voice = readVoiceFile(file)
    checkTaskAdapter(voice)
    checkNumbers(voice)
    expect(models.map(({ sha256 }) => sha256)).toContain(voice.baseSha256)
    expect(cardOf(voice)).toMatchObject({
      tasks: ['headline'],
      texts: [{ author: 'Edda Marrow', licence: 'CC0 1.0' }],
    })
    const known = sample.flatMap((post) => {
      const read = readFile(post, null)
      return read.type === 'piece' ? [hashOf(read.piece.hash)] : []
    })
    expect(known).toEqual(expect.arrayContaining(cardOf(voice)?.hashes ?? ['none']))
    expect(statSync(file).size).toBeLessThan(4e6)
  })
})
