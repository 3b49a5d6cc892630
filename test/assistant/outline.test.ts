/** An outline filled point by point, by a base whose answers are written here. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillOutline, type OutlineRequest, outlinePoints } from '../../main/assistant/outline.ts'
import { openBase } from '../../main/inference/base.ts'
import type { Base, Generated, GenerateOptions } from '../../main/inference/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
let base: Base
beforeAll(async () => {
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { context: 2048 })
  base = await openBase(file, { threads: 1 })
})
afterAll(() => base.dispose())

interface Asked {
  prompt: string
  options: GenerateOptions
}

/** @param answers one a call, by what was asked so far; `¶` at its end: it was cut by its length */
function fill(
  outline: string,
  answers: readonly string[] | ((n: number) => string),
  more: Partial<OutlineRequest> = {},
) {
  const asked: Asked[] = []
  const shown: string[] = []
  const generate = async (prompt: Int32Array, options: GenerateOptions): Promise<Generated> => {
    const given = (typeof answers === 'function' ? answers(asked.length) : answers[asked.length]) ?? ''
    const answer = given.replace(/¶$/, '')
    asked.push({ prompt: base.detokenize(prompt), options })
    let text = ''
    for (const chunk of answer.match(/\s*\S+|\s+$/g) ?? []) {
      if (options.signal?.aborted) return { text, tokens: 1, meanLogProbability: -1, finish: 'aborted' }
      text += chunk
      options.onText?.(chunk)
    }
    return { text, tokens: 3, meanLogProbability: -1, finish: given === answer ? 'end' : 'length' }
  }
  const done = fillOutline({
    base: { ...base, generate },
    points: outlinePoints(outline),
    passages: [],
    onText: (index, text) => {
      shown[index] = (shown[index] ?? '') + text
    },
    ...more,
  })
  return { done, asked, shown }
}

const writtenOf = async (done: ReturnType<typeof fill>['done']): Promise<string[]> =>
  (await done).points.map(({ written }) => written)
/** The last turn alone: what this very point was asked with. */
const lastTurn = (prompt: string | undefined): string =>
  (prompt ?? '')
    .split(/Write one paragraph/)
    .slice(-2)
    .join('')

const PIER = 'The pier was empty when I came, and the gulls had it to themselves.'
const FERRY = 'The ferry came an hour late with nobody on board but the captain.'
const HOME = 'I walked home along the rails and counted the lamps that were lit.'

describe('outlinePoints', () => {
  it.each([
    ['', []],
    [' \n\t\n  ', []],
    ['- the pier\n* the ferry\n+ home', ['the pier', 'the ferry', 'home']],
    ['1. the pier\n2) the ferry\n(3) home\na. why', ['the pier', 'the ferry', 'home', 'why']],
    ['- [ ] the pier\n  - [x] the ferry', ['the pier', 'the ferry']],
    ['> the pier', ['the pier']],
    ['a plain line\r\nanother', ['a plain line', 'another']],
    // Marks that nothing follows yet.
    ['- \n-\n1.\n- [ ]\n  *\nthe pier', ['the pier']],
    ['-5 degrees\n3.5 miles', ['-5 degrees', '3.5 miles']],
    ['• הרציף\n– 🦀', ['הרציף', '🦀']],
  ])('%j', (outline, points) => {
    expect(outlinePoints(outline)).toEqual(points.map((text) => ({ text, heading: false })))
  })

  it('tells headings, without their signs', () => {
    expect(outlinePoints('# One\n### Two ##\n#three\n- # Four')).toEqual([
      { text: 'One', heading: true },
      { text: 'Two', heading: true },
      { text: '#three', heading: false },
      { text: 'Four', heading: false },
    ])
  })
})

describe('an outline', () => {
  it('is filled in its order, each point streamed under its own index', async () => {
    const { done, asked, shown } = fill('- the pier\n- the ferry\n- home', [PIER, FERRY, HOME])
    expect(await done).toEqual({
      points: [
        { text: 'the pier', heading: false, written: PIER },
        { text: 'the ferry', heading: false, written: FERRY },
        { text: 'home', heading: false, written: HOME },
      ],
      finish: 'end',
    })
    expect(asked.map(({ prompt }) => /my text: (the pier|the ferry|home)(?!.*my text:)/s.exec(prompt)?.[1])).toEqual([
      'the pier',
      'the ferry',
      'home',
    ])
    expect(shown).toEqual([PIER, FERRY, HOME])
  })

  it('goes on from the points before, and from the draft where there are none', async () => {
    const before = 'It began with a letter from the harbour master.'
    const { done, asked } = fill('- the pier\n- the ferry\n- home', [PIER, FERRY, HOME], { before })
    await done
    const turns = asked.map(({ prompt }) => lastTurn(prompt))
    expect(turns[0]).toContain(`So far: ${before}`)
    expect(turns[1]).toContain(`So far: ${PIER}`)
    expect(turns[1]).not.toContain(before)
    expect(turns[2]).toContain(`So far: ${PIER} ${FERRY}`)
    // What comes later is not known yet.
    expect(turns[0]).not.toContain('the ferry')
    const alone = fill('- the pier', [PIER])
    await alone.done
    expect(alone.asked[0]?.prompt).not.toContain('So far')
  })

  it('writes nothing for a heading, and tells the points below it', async () => {
    const { done, asked, shown } = fill('- the pier\n## The crossing\n- the ferry', [PIER, FERRY])
    expect(await writtenOf(done)).toEqual([PIER, '', FERRY])
    expect(asked).toHaveLength(2)
    expect(asked[0]?.prompt).not.toContain('under “')
    expect(asked[1]?.prompt).toContain('(under “The crossing”): the ferry')
    expect(Object.keys(shown)).toEqual(['0', '2'])
  })

  it('of nothing is nothing, and asks nothing', async () => {
    const { done, asked } = fill(' \n\n', [PIER])
    expect(await done).toEqual({ points: [], finish: 'end' })
    expect(asked).toEqual([])
    const headings = fill('# One\n# Two', [PIER])
    expect(await writtenOf(headings.done)).toEqual(['', ''])
    expect(headings.asked).toEqual([])
  })

  it('tries a point again that comes out empty, each time by another seed', async () => {
    const { done, asked } = fill('- the pier\n- the ferry', ['', '  \n', PIER, FERRY], { seed: 7 })
    expect(await writtenOf(done)).toEqual([PIER, FERRY])
    const seeds = asked.map(({ options }) => options.seed)
    expect(seeds).toEqual([7, 8, 9, 10])
    expect(new Set(seeds).size).toBe(4)
  })

  it('gives a point up that stays empty, and goes on without it', async () => {
    const { done, asked, shown } = fill('- the pier\n- the ferry\n- home', [PIER, '', '', '', HOME])
    expect(await writtenOf(done)).toEqual([PIER, '', HOME])
    expect(asked).toHaveLength(5)
    // Nothing stands in the text for it.
    expect(lastTurn(asked[4]?.prompt)).toContain(`So far: ${PIER}\n`)
    expect(Object.keys(shown)).toEqual(['0', '2'])
    const none = fill('- the pier', () => '')
    expect(await none.done).toEqual({ points: [{ text: 'the pier', heading: false, written: '' }], finish: 'end' })
    expect(none.asked).toHaveLength(3)
  })

  it('ends a point that was cut by its length at its last sentence', async () => {
    const { done } = fill('- the pier', [`${PIER} And then the wind from the¶`])
    expect(await writtenOf(done)).toEqual([PIER])
  })

  it('takes one paragraph a point, and waits for no more', async () => {
    const { done, asked } = fill('- the pier', [`${PIER}\n\n${FERRY}\n\n${HOME}`])
    expect(await done).toMatchObject({ points: [{ written: PIER }], finish: 'stop' })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.options.signal?.aborted).toBe(true)
  })

  it('keeps what was written when it is stopped, and asks no more', async () => {
    const stop = new AbortController()
    const { done, asked } = fill('- the pier\n- the ferry\n- home', [PIER, FERRY, HOME], {
      signal: stop.signal,
      onText: (index) => {
        if (index === 1) stop.abort()
      },
    })
    const { points, finish } = await done
    expect(finish).toBe('aborted')
    expect(asked).toHaveLength(2)
    expect(points).toHaveLength(2)
    expect(points[0]?.written).toBe(PIER)
    expect(FERRY.startsWith(points[1]?.written ?? '?')).toBe(true)
  })

  it('leaves passages out, then the text so far, where they do not fit', async () => {
    const passage = (title: string) => ({
      text: `${title} ${'the quay and the lamps '.repeat(20)}`,
      title,
      date: null,
    })
    const passages = ['First', 'Second'].map(passage) as unknown as OutlineRequest['passages']
    const before = 'It began with a letter. '.repeat(40)
    const wide = fill('- the pier', [PIER], { passages, before })
    await wide.done
    const whole = base.tokenize(wide.asked[0]?.prompt ?? '').length
    expect(wide.asked[0]?.prompt).toMatch(/First[\s\S]*Second[\s\S]*So far/)
    const within = async (tokens: number): Promise<string> => {
      const narrow = { ...base, contextSize: tokens + 140 }
      const asked: string[] = []
      const generate = async (prompt: Int32Array): Promise<Generated> => {
        expect(prompt.length).toBeLessThanOrEqual(tokens)
        asked.push(base.detokenize(prompt))
        return { text: PIER, tokens: 3, meanLogProbability: -1, finish: 'end' }
      }
      await fillOutline({ base: { ...narrow, generate }, points: outlinePoints('- the pier'), passages, before })
      return asked[0] ?? ''
    }
    const less = await within(whole - 10)
    expect(less).toContain('First')
    expect(less).not.toContain('Second')
    expect(less).toContain('So far')
    const bare = await within(160)
    expect(bare).not.toMatch(/First|Second|So far/)
    expect(bare).toContain('my text: the pier')
  })
})
