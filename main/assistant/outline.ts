/** An outline filled point by point: each point a paragraph, the ones before it as what it goes on from. */
import type { Base, ChatTurn, Generated, Voices } from '../inference/types.ts'
import type { ChatPassage } from './chat.ts'
import { firstTokens, lastTokens, oneLine } from './cut.ts'
import { createTidyStream, tidied, toSentence } from './rewrite-tidy.ts'

export interface OutlineRequest {
  base: Base
  points: OutlinePoint[]
  /** What the draft says before the outline. */
  before?: string
  passages: ChatPassage[]
  profile?: string | null
  voice?: Voices | null
  /** Of each point. */
  maxTokens?: number
  seed?: number
  signal?: AbortSignal
  /** `index` of the point. */
  onText?: (index: number, text: string) => void
}

export interface OutlinePoint {
  /** Its line without marks. */
  text: string
  heading: boolean
}

export interface FilledPoint extends OutlinePoint {
  /** Empty for a heading, and where the model wrote nothing. */
  written: string
}

const TRIES = 3
const EARLIER_TOKENS = 160
const PASSAGE_TOKENS = 120
const EXAMPLE: readonly ChatTurn[] = [
  { role: 'user', text: 'Write one paragraph for this point of my text: how I came to keep bees' },
  {
    role: 'assistant',
    text: 'I never meant to keep bees. A neighbour moved away and left me two hives and a pair of gloves, and by the end of that summer I was reading books about queens.',
  },
]

/** The lines of an outline: list items, headings, plain lines. Empty ones are left out. */
export function outlinePoints(outline: string): OutlinePoint[] {
  return outline.split('\n').flatMap((line): OutlinePoint[] => {
    const heading = /^\s*#{1,6}\s+/.test(line)
    const text = line
      .replace(/^\s*(?:(?:#{1,6}|>|[-*+•–]|\(?(?:\d+|[a-z])[.)])(?:\s+|$)(?:\[[ xX]\](?:\s+|$))?)*/, '')
      .replace(/\s+#*\s*$/, '')
      .trim()
    return text === '' ? [] : [{ text, heading }]
  })
}

/** As far as it was written: after the signal the points so far, the last one perhaps broken off. */
export async function fillOutline(
  request: OutlineRequest,
): Promise<{ points: FilledPoint[]; finish: Generated['finish'] }> {
  const { base, points, maxTokens = 140, seed = 1, signal, onText } = request
  const filled: FilledPoint[] = []
  let finish: Generated['finish'] = 'end'
  let section = ''
  for (const [index, point] of points.entries()) {
    if (point.heading) {
      section = point.text
      filled.push({ ...point, written: '' })
      continue
    }
    let text = ''
    for (let attempt = 0; attempt < TRIES && text === ''; attempt++) {
      const enough = new AbortController()
      const stream = createTidyStream(point.text, {
        paragraphs: false,
        onText: onText && ((chunk) => onText(index, chunk)),
        onEnough: () => enough.abort(),
      })
      const said = filled.map(({ written }) => written).filter((written) => written !== '')
      const earlier = said.length > 0 ? said.join('\n\n') : (request.before ?? '')
      const written = await base.generate(
        promptWithin(request, point, section, earlier, base.contextSize - maxTokens),
        {
          voice: request.voice ?? null,
          maxTokens,
          temperature: 0.7,
          topP: 0.9,
          repeatPenalty: 1.1,
          seed: seed + index * TRIES + attempt,
          stop: base.chatStop ?? [],
          onText: (chunk) => stream.push(chunk),
          signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
        },
      )
      stream.end()
      const clean = tidied(written.text, point.text)
      finish = signal?.aborted ? 'aborted' : written.finish === 'aborted' ? 'stop' : written.finish
      text = finish === 'length' ? toSentence(clean) : clean
      if (finish === 'aborted') break
    }
    filled.push({ ...point, written: text })
    if (finish === 'aborted') break
  }
  return { points: filled, finish }
}

function promptWithin(
  { base, passages: given, profile }: OutlineRequest,
  point: OutlinePoint,
  section: string,
  earlier: string,
  limit: number,
): Int32Array {
  let passages = given
  let room = EARLIER_TOKENS
  let example = true
  for (;;) {
    const prompt = base.chatPrompt(turnsOf(base, passages, profile ?? '', point, section, earlier, room, example))
    if (prompt.length <= limit) return prompt
    if (passages.length > 0) passages = passages.slice(0, -1)
    else if (room > 0) room = room > 20 ? Math.floor(room / 2) : 0
    else if (example) example = false
    else return prompt
  }
}

function turnsOf(
  base: Base,
  passages: readonly ChatPassage[],
  profile: string,
  point: OutlinePoint,
  section: string,
  earlier: string,
  room: number,
  example: boolean,
): ChatTurn[] {
  const own = passages.map(({ text }) => oneLine(firstTokens(base, text, PASSAGE_TOKENS)))
  const system = [
    ...(profile.trim() === '' ? [] : [`About the author: ${oneLine(firstTokens(base, profile, 96))}`]),
    ...(own.length === 0 ? [] : [`This is how the author writes:\n${own.join('\n\n')}`]),
  ].join('\n\n')
  const before = room === 0 || earlier.trim() === '' ? '' : `So far: ${oneLine(lastTokens(base, earlier, room))}\n\n`
  const within = section === '' ? '' : ` (under “${section}”)`
  return [
    ...(system === '' ? [] : [{ role: 'system' as const, text: system }]),
    ...(example ? EXAMPLE : []),
    { role: 'user', text: `${before}Write one paragraph for this point of my text${within}: ${point.text}` },
  ]
}
