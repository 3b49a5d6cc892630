import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TaskQuery } from '../../main/examples/types.ts'
import type { Embedder } from '../../main/inference/types.ts'
import { lampQueries, lampRetrieval } from '../../main/lamp/examples.ts'
import { hybridSearch } from '../../main/lamp/hybrid.ts'
import type { TrainVoice } from '../../main/lamp/options.ts'
import type { LampFile, LampUser } from '../../main/lamp/types.ts'
import { decode } from '../evaluation/fake-base.ts'
import { runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()

/** Two meanings: what floats, and all else. Words that mean the same are one direction. */
const FLOATS = ['boat', 'ship', 'ferry', 'vessel']
function meaning(): Embedder & { embedded: string[] } {
  const embedded: string[] = []
  return {
    embedded,
    id: 'meaning',
    kind: 'embedder',
    dimensions: 2,
    async embed(texts) {
      embedded.push(...texts)
      return texts.map((text) => {
        const words = text.toLowerCase().split(/\W+/)
        const floats = words.filter((word) => FLOATS.includes(word)).length
        const length = Math.hypot(floats, 1)
        return Float32Array.of(floats / length, 1 / length)
      })
    },
    async dispose() {},
  }
}

function userOf(texts: string[], queries: string[], task: LampUser['task'] = 'headline'): LampUser {
  return {
    id: 'ann',
    task,
    profile: texts.map((text, n) => ({
      id: `i${n}`,
      text,
      title: `T${n}`,
      answer: task === 'prose' ? text : `T${n}`,
      date: null,
    })),
    queries: queries.map((input, n) => ({ id: `q${n}`, input, gold: 'G', date: null })),
  }
}

/** Over the whole history, `k` items. */
async function hybridRetrieval(user: LampUser, embedder: Embedder, k: number) {
  const search = await hybridSearch(user, embedder)
  return (query: TaskQuery) => search.atUse(query, k)
}

const TEXTS = ['an oak leaf falls', 'the ferry is late', 'an oak stands', 'a stone wall']
const QUERY = 'my boat beside an oak'

describe('hybrid retrieval', () => {
  it('finds by meaning what BM25 has no word for, on the same query', async () => {
    const user = userOf(TEXTS, [QUERY])
    const query = lampQueries(user)[0]!
    const byTerms = lampRetrieval(user, 4)(query).map(({ document }) => document)
    const hybrid = (await (await hybridRetrieval(user, meaning(), 4))(query)).map(({ document }) => document)
    expect(byTerms).not.toContain('i1')
    expect(hybrid.slice(0, 3)).toContain('i1')
    // What both lists have stands first.
    expect(byTerms).toContain(hybrid[0])
    expect(await (await hybridRetrieval(user, meaning(), 2))(query)).toHaveLength(2)
    expect(await (await hybridRetrieval(user, meaning(), 0))(query)).toEqual([])
  })

  it('shows a training example nothing that is later or of its own text', async () => {
    const user = userOf([...TEXTS, 'the vessel leaves at nine', 'the ferry is late', 'a ferry canary'], [])
    const search = await hybridSearch(user, meaning())
    expect(await search.earlier(0, 4)).toEqual([])
    const shown = (await search.earlier(5, 9)).map(({ document }) => document)
    // i1 is the same text under another id, i5 itself, i6 later.
    expect(shown).toContain('i4')
    for (const id of ['i1', 'i5', 'i6']) expect(shown).not.toContain(id)
    await expect(search.earlier(7, 1)).rejects.toThrow(RangeError)
  })

  it('ranks an earlier item as if the later ones were never written', async () => {
    const later = ['oak oak oak', 'an oak again', 'boat boat boat boat']
    const before = await hybridSearch(userOf(TEXTS, []), meaning())
    const after = await hybridSearch(userOf([...TEXTS, ...later], []), meaning())
    for (let index = 1; index < TEXTS.length; index++) {
      expect(await after.earlier(index, 4)).toEqual(await before.earlier(index, 4))
    }
  })

  it('leaves out the passage that is a prose query’s own input', async () => {
    const user = userOf(['the ferry is late', 'a boat and a ship', 'an oak stands'], ['a ship'], 'prose')
    const query = lampQueries(user)[0]!
    const shown = await (await hybridRetrieval(user, meaning(), 5))(query)
    expect(shown.map(({ answer }) => answer)).toEqual(['an oak stands'])
  })

  it('embeds the history once for several k, another user’s anew, and what failed again', async () => {
    const embedder = meaning()
    const user = userOf(TEXTS, [QUERY])
    await hybridRetrieval(user, embedder, 1)
    await hybridRetrieval(user, embedder, 2)
    expect(embedder.embedded).toHaveLength(TEXTS.length)
    await hybridRetrieval(userOf(TEXTS, []), embedder, 1)
    expect(embedder.embedded).toHaveLength(2 * TEXTS.length)
    let broken = true
    const failing: Embedder = {
      ...embedder,
      embed: (texts) => (broken ? Promise.reject(new Error('broken')) : embedder.embed(texts)),
    }
    await expect(hybridRetrieval(user, failing, 1)).rejects.toThrow('broken')
    broken = false
    expect(await (await hybridRetrieval(user, failing, 1))(lampQueries(user)[0]!)).toHaveLength(1)
  })

  it('stands in the prompts that a voice is trained on where these are the method’s own', async () => {
    const users = ['ann', 'bob'].map((id) => ({ ...userOf([...TEXTS, 'vessel departs'], [QUERY]), id }))
    const file: LampFile = { file: 'made.json', task: 'headline', notes: [], users }
    const shown: Record<string, string[]> = {}
    const embedder = meaning()
    const train: TrainVoice = async (examples, validation, settings, runFolder, context) => {
      shown[path.basename(path.dirname(runFolder))] = examples.map(({ tokens, answerFrom }) =>
        decode(tokens.subarray(0, answerFrom)),
      )
      return setUpRun(folders).train(examples, validation, settings, runFolder, context)
    }
    const { run } = setUpRun(folders, { file, train, hybrid: (user) => hybridSearch(user, embedder) })
    const methods = ['task+hybrid+voice', 'task+retrieval+voice']
    await run({ methods, trainPrompts: 'same', users: ['ann'] })
    const last = (name: string): string | undefined => shown[name]?.at(-1)
    // No word of it stands in another: found by meaning alone.
    expect(last('task+voice-hybrid')).toBe('the ferry is late>T1|vessel departs>')
    expect(last('task+voice-retrieval')).not.toContain('the ferry is late')
    expect(shown['task-0-hybrid'] ?? shown['task-1-hybrid']).toEqual(shown['task+voice-hybrid'])
  })
})
