/**
 * Tokenizers for tiny models. Byte-level BPE: the three special tokens of SmolLM2 (same ids), all 256 bytes, and as many
 * merges, learnt from a few sentences, as the vocabulary has room for. SentencePiece, as llama 2, Mistral and Phi 3 have it:
 * three special tokens, all 256 bytes, and pieces; every text gets a space before it, which no text shows.
 */
import { arrayOf, bool, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
export const SMALLEST_VOCABULARY = SPECIAL.length + 256

/** llama.cpp's token types. */
const NORMAL = 1
const CONTROL = 3
const UNUSED = 5
const UNKNOWN = 2
const BYTE = 6

const SENTENCES = `The garden was quiet in the morning and the gate stood open. I had written three letters the night before,
and none of them said what I wanted to say. So I went out to water the beans, and thought about the order of things.
When a program is slow, measure it before you change it. When a sentence is slow, read it aloud and cut the rest.
Generate a headline for the following article. article: headline: The ferry that never came on time.
Write the next passage of this piece in the same hand. There is nothing in the house that the cat has not seen.`

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

/** The character that stands for each byte in a byte-level BPE vocabulary (GPT-2's table): visible ones themselves. */
function byteCharacters(): string[] {
  const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++))
}

/** Up to `count` merges, the most frequent pair of the sentences each time, within words and their leading space. */
function learnMerges(characters: string[], count: number): [string, string][] {
  const words = (SENTENCES.match(/ ?\p{L}+/gu) ?? []).map((word) =>
    [...Buffer.from(word)].map((b) => characters[b] ?? ''),
  )
  const merges: [string, string][] = []
  while (merges.length < count) {
    const pairs = new Map<string, { pair: [string, string]; n: number }>()
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const pair: [string, string] = [word[i - 1] ?? '', word[i] ?? '']
        const seen = pairs.get(pair.join(' '))
        if (seen) seen.n++
        else pairs.set(pair.join(' '), { pair, n: 1 })
      }
    }
    const best = [...pairs.values()].reduce((a, b) => (b.n > a.n ? b : a), { pair: ['', ''], n: 0 })
    if (best.n === 0) break
    const [left, right] = best.pair as [string, string]
    merges.push([left, right])
    for (const word of words)
      for (let i = 1; i < word.length; i++)
        if (word[i - 1] === left && word[i] === right) word.splice(i - 1, 2, left + right)
  }
  return merges
}

/** The tokenizer's metadata for a vocabulary of exactly `size` tokens. */
export function tinyTokenizer(size: number): Record<string, GgufValue> {
  if (size < SMALLEST_VOCABULARY)
    throw new Error(`a vocabulary has ${SMALLEST_VOCABULARY} tokens at least, not ${size}`)
  const characters = byteCharacters()
  const merges = learnMerges(characters, size - SMALLEST_VOCABULARY)
  const known = [...SPECIAL, ...characters, ...merges.map(([left, right]) => left + right)]
  const unused = Array.from({ length: size - known.length }, (_, i) => `<|unused_${i}|>`)
  const types = [
    ...SPECIAL.map(() => CONTROL),
    ...known.slice(SPECIAL.length).map(() => NORMAL),
    ...unused.map(() => UNUSED),
  ]
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('smollm'),
    'tokenizer.ggml.tokens': arrayOf('string', [...known, ...unused]),
    'tokenizer.ggml.token_type': arrayOf('int32', types),
    'tokenizer.ggml.merges': arrayOf(
      'string',
      merges.map((merge) => merge.join(' ')),
    ),
    'tokenizer.ggml.bos_token_id': uint32(1),
    'tokenizer.ggml.eos_token_id': uint32(2),
    'tokenizer.ggml.unknown_token_id': uint32(0),
    'tokenizer.ggml.padding_token_id': uint32(2),
    'tokenizer.ggml.add_bos_token': bool(false),
    'tokenizer.ggml.add_space_prefix': bool(false),
    'tokenizer.chat_template': text(CHAT_TEMPLATE),
  }
}

/** Letters, and pieces of two and three, most of them beginnings of words; the mark in front is a space. */
const PIECES = [
  ...'▁abcdefghijklmnopqrstuvwxyz.,',
  ...['▁t', '▁a', '▁w', '▁s', '▁o', '▁i', '▁b', '▁m', 'he', 'in', 'er', 'an', 'on', 're', 'ed', 'or', 'en', 'at'],
  ...['▁th', '▁the', 'ing', '▁an', '▁wa', '▁on', '▁in', '▁be'],
]

/** A SentencePiece vocabulary of exactly `size` tokens, as metadata; no chat template. */
export function tinyPieces(size: number): Record<string, GgufValue> {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  const known = ['<unk>', '<s>', '</s>', ...bytes, ...PIECES]
  if (size < known.length) throw new Error(`a vocabulary of pieces has ${known.length} tokens at least, not ${size}`)
  const unused = Array.from({ length: size - known.length }, (_, i) => `<unused_${i}>`)
  const types = [
    ...[UNKNOWN, CONTROL, CONTROL],
    ...bytes.map(() => BYTE),
    ...PIECES.map(() => NORMAL),
    ...unused.map(() => UNUSED),
  ]
  const tokens = [...known, ...unused]
  return {
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': arrayOf('string', tokens),
    'tokenizer.ggml.token_type': arrayOf('int32', types),
    // Of two that could be joined, the longer piece.
    'tokenizer.ggml.scores': arrayOf(
      'float32',
      tokens.map((token) => token.length),
    ),
    'tokenizer.ggml.bos_token_id': uint32(1),
    'tokenizer.ggml.eos_token_id': uint32(2),
    'tokenizer.ggml.unknown_token_id': uint32(0),
    'tokenizer.ggml.add_bos_token': bool(true),
    'tokenizer.ggml.add_space_prefix': bool(true),
  }
}
