import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openBase } from '../../main/inference/base.ts'
import type { Tokenizer } from '../../main/inference/types.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import { SMOLLM } from '../helpers/models.ts'
import { shared } from '../helpers/shared.ts'
import { loadPeople, personOf } from './protocol.ts'

/** A token a character; 0 ends an answer. */
const characters: Tokenizer = {
  tokenize: (text) => Int32Array.from(Array.from(text), (character) => character.codePointAt(0) as number),
  detokenize: (tokens) => String.fromCodePoint(...tokens),
  endToken: 0,
}

function author(passages: number): LampUser {
  return {
    id: 'prose:x',
    task: 'prose',
    profile: Array.from({ length: passages }, (_, i) => ({
      id: `${i}`,
      text: `Passage ${i}.`,
      title: '',
      answer: `Passage ${i}.`,
      date: null,
    })),
    queries: Array.from({ length: 30 }, (_, i) => ({ id: `q${i}`, input: 'Before.', gold: `Gold ${i}.`, date: null })),
  }
}

describe('the people of the quality bench', () => {
  it("takes an author's newest 150 passages and the first 20 queries", () => {
    const person = personOf(characters, author(200))
    expect(person.train).toHaveLength(150)
    expect(person.heldOut).toHaveLength(20)
    expect(person.epochs).toBe(1)
    const answer = ({ tokens, answerFrom }: (typeof person.train)[number]): string =>
      characters.detokenize(tokens.subarray(answerFrom, -1))
    expect(person.train.map(answer)[0]).toBe(' Passage 50.')
    expect(person.train.map(answer).at(-1)).toBe(' Passage 199.')
    expect(person.heldOut.map(answer)).not.toContain(' Gold 20.')
    expect(person.train[0]?.tokens.at(-1)).toBe(0)
  })

  const data = shared('data', 'lamp')
  it.skipIf(data === null || SMOLLM === null)("are the protocol's on the real files (../shared, SmolLM2)", async () => {
    const base = await openBase(SMOLLM as string, { threads: 1 })
    try {
      const files = {
        headline: path.join(data as string, 'headline.json'),
        prose: path.join(data as string, 'prose.json'),
      }
      const people = loadPeople(base, files)
      expect(people.map(({ id, train, heldOut }) => [id, train.length, heldOut.length])).toEqual([
        ['nullprogram:skeeto', 388, 30],
        ['digitalgov:bbrantley', 98, 17],
        ['ropensci:maelle-salmon', 32, 6],
        ['prose:austen', 150, 20],
        ['prose:twain', 150, 20],
      ])
    } finally {
      await base.dispose()
    }
  })
})
