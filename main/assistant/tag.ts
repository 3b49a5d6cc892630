/** Tags for a piece: the owner's own by likelihood, and, on request, new ones that the model thinks up. */

import { IdiolectError } from '../errors.ts'
import { DEFAULT_PROMPT } from '../examples/defaults.ts'
import { labelTemperature, roomBeside } from '../examples/labels.ts'
import type { PromptBuilder } from '../examples/prompt.ts'
import { MOST_COMPARED, type TagCount, tagKey, tidyTag } from '../examples/tag.ts'
import type { PromptOptions, RetrievedPair } from '../examples/types.ts'
import type { Base, Contrast, Voices } from '../inference/types.ts'
import { rankLabels } from './labels.ts'

export interface TagRequest {
  base: Base
  builder: PromptBuilder
  /** The piece without its title and tags. */
  text: string
  retrieved: RetrievedPair[]
  /** The owner's tags, the most used first; may be empty where new ones are asked for. */
  vocabulary: TagCount[]
  /** Tags of the vocabulary wanted. */
  count?: number
  /** Think up tags that are not in the vocabulary as well. */
  fresh?: boolean
  voice?: Voices | null
  contrast?: Contrast
  seed?: number
  /** Of a new tag. */
  maxTokens?: number
  /** As in training. */
  prompt?: Partial<PromptOptions>
  signal?: AbortSignal
}

export interface TagChoice {
  tag: string
  /** Share among all that were compared, new ones included. */
  probability: number
  /** 0: a new one. */
  pieces: number
}

export interface TagChoices {
  /** Likeliest first. */
  choices: TagChoice[]
  compared: number
  entropy: number
  confidence: number
}

const FRESH_TRIES = 6
const MOST_FRESH = 3
const LONGEST_TAG = { words: 4, characters: 40 }

/**
 * The `count` likeliest tags of the vocabulary, and up to three new ones where they are asked for, in one ranking.
 * Errors: IdiolectError `NoTags` when there is nothing to compare.
 */
export async function chooseTags(request: TagRequest): Promise<TagChoices> {
  const { base, count = 5, voice = null, contrast, signal } = request
  const known = request.vocabulary.slice(0, MOST_COMPARED)
  const prompt = request.builder.prompt({ task: 'tag', input: request.text }, request.retrieved, {
    ...DEFAULT_PROMPT.tag,
    maxTokens: roomBeside(
      base,
      base.contextSize,
      'tag',
      known.map(({ tag }) => tag),
    ),
    ...request.prompt,
  })
  const fresh = request.fresh ? await newTags(request, prompt) : []
  const pieces = new Map(known.map((one) => [one.tag, one.pieces]))
  const labels = [...pieces.keys(), ...fresh]
  if (labels.length === 0) throw new IdiolectError('NoTags', 'the model thought of no tag', 'Try another seed.')
  const { ranked, entropy, confidence } = await rankLabels({
    base,
    prompt,
    labels,
    voice,
    temperature: labelTemperature('tag', voice !== null),
    ...(contrast === undefined ? {} : { contrast }),
    ...(signal === undefined ? {} : { signal }),
  })
  const all = ranked.map(({ label, probability }) => ({ tag: label, probability, pieces: pieces.get(label) ?? 0 }))
  const own = new Set(all.filter((choice) => choice.pieces > 0).slice(0, count))
  return {
    choices: all.filter((choice) => choice.pieces === 0 || own.has(choice)),
    compared: labels.length,
    entropy,
    confidence,
  }
}

/** Tags as the model writes them, the first the likeliest, the others drawn more freely; those that are no tags are left out. */
async function newTags(request: TagRequest, prompt: Int32Array): Promise<string[]> {
  const { base, seed = 1, maxTokens = 12, signal } = request
  const known = new Set(request.vocabulary.map(({ tag }) => tagKey(tag)))
  const found = new Map<string, string>()
  for (let index = 0; index < FRESH_TRIES && found.size < MOST_FRESH; index++) {
    signal?.throwIfAborted()
    const written = await base.generate(prompt, {
      voice: request.voice ?? null,
      ...(request.contrast === undefined ? {} : { contrast: request.contrast }),
      maxTokens,
      temperature: index === 0 ? 0 : 0.7 + 0.1 * index,
      topP: 0.95,
      seed: seed + index,
      stop: ['\n'],
      ...(signal === undefined ? {} : { signal }),
    })
    if (written.finish === 'aborted') signal?.throwIfAborted()
    if (written.finish === 'length') continue
    for (const tag of tagsIn(written.text)) {
      const key = tagKey(tag)
      if (!known.has(key) && !found.has(key) && found.size < MOST_FRESH) found.set(key, tag)
    }
  }
  return [...found.values()]
}

/** A written line as tags: without label, quotes, # and end marks; a list with commas is several. Sentences are none. */
export function tagsIn(line: string): string[] {
  return tidyTag(line)
    .replace(/^tags?\s*[:：]\s*/i, '')
    .split(/\s*[,;،؛、，；]\s*/)
    .map((part) => part.replace(/^["“”'‘’`#*[\]\s]+|["“”'‘’`*[\]\s.:!?。！？؟۔]+$/gu, ''))
    .filter((tag) => /[\p{L}\p{N}]/u.test(tag))
    .filter((tag) => tag.split(' ').length <= LONGEST_TAG.words && tag.length <= LONGEST_TAG.characters)
}
