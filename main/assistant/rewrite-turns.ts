/** What a rewrite says to the model: the instruction in few words, one solved example, the owner's passages. Mostly data. */
import type { RewriteHow } from '../../preload/contract.ts'
import type { ChatTurn, Tokenizer } from '../inference/types.ts'
import type { ChatPassage } from './chat.ts'
import { firstTokens, lastTokens, oneLine } from './cut.ts'

const INSTRUCTIONS: Record<Exclude<RewriteHow, 'ask'>, string> = {
  shorter: 'Make this text shorter. Keep its meaning.',
  plainer: 'Say this in plainer words. Keep its meaning.',
  warmer: 'Make this text warmer and more friendly. Keep its meaning.',
  mine: 'Say this the way I write. Keep its meaning.',
}

type Shot = readonly [given: string, answer: string]

const SHOTS: Partial<Record<RewriteHow, readonly Shot[]>> = {
  shorter: [
    [
      'The meeting, which had been announced for ten o’clock, did not in fact begin until nearly half past, because the chairman had mislaid the key to the hall and nobody else had one.',
      'The meeting began half an hour late: the chairman had mislaid the only key.',
    ],
  ],
  plainer: [
    [
      'Prior to the commencement of the undertaking, it was deemed advisable to ascertain whether sufficient resources had been procured.',
      'Before we began, we checked that we had what we needed.',
    ],
  ],
  warmer: [
    [
      'Your parcel arrived on Tuesday. It contained four books. I have read one of them.',
      'Your parcel came on Tuesday, and what a pleasure it was! Four books, all chosen so kindly. I have already read one of them.',
    ],
  ],
}

const PASSAGE_TOKENS = 120
const PROFILE_TOKENS = 96
/** Of what stands before and after the selection, each. */
const AROUND_TOKENS = 60

export interface TurnsOptions {
  how: RewriteHow
  ask: string
  text: string
  passages: readonly ChatPassage[]
  profile: string
  before: string
  after: string
  /** With the solved example. */
  example: boolean
}

/** The solved examples of a wish, so that an answer that repeats them is known. */
export function shotsOf(how: RewriteHow): readonly Shot[] {
  return SHOTS[how] ?? []
}

export function rewriteTurns(tokenizer: Tokenizer, options: TurnsOptions): ChatTurn[] {
  const { how, ask, text, example } = options
  const instruction = how === 'ask' ? `${ask.trim()}\nWrite only the new text.` : INSTRUCTIONS[how]
  const asked = (given: string): ChatTurn => ({ role: 'user', text: `${instruction}\n\n${given}` })
  const system = systemText(tokenizer, options)
  return [
    ...(system === '' ? [] : [{ role: 'system' as const, text: system }]),
    ...(example ? shotsOf(how) : []).flatMap(([given, answer]) => [
      asked(given),
      { role: 'assistant' as const, text: answer },
    ]),
    asked(text),
  ]
}

function systemText(tokenizer: Tokenizer, { how, passages, profile, before, after }: TurnsOptions): string {
  const cut = (text: string, count: number): string => oneLine(firstTokens(tokenizer, text, count))
  const about = profile.trim() === '' ? [] : [`About the author: ${cut(profile, PROFILE_TOKENS)}`]
  const own =
    passages.length === 0
      ? []
      : [`This is how the author writes:\n${passages.map(({ text }) => cut(text, PASSAGE_TOKENS)).join('\n\n')}`]
  const place =
    how !== 'ask' || (before.trim() === '' && after.trim() === '')
      ? []
      : [
          `The text stands here: ${oneLine(lastTokens(tokenizer, before, AROUND_TOKENS))} [the text] ${cut(after, AROUND_TOKENS)}`,
        ]
  return [...about, ...own, ...place].join('\n\n')
}
