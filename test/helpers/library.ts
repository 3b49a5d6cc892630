/** A small library of pieces on disk, imports of it, and an embedder without a model. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Embedder } from '../../main/inference/types.ts'
import { importPaths } from '../../main/library/import.ts'
import { directReader } from '../../main/library/reader.ts'
import { termsOf } from '../../main/retrieval/tokens.ts'
import type { Store } from '../../main/store/store.ts'
import type { ImportReport } from '../../preload/contract.ts'

/** Writes files (path below `folder` -> content) and returns `folder`. */
export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return folder
}

/** A Markdown post with front matter; values are written as they are. */
export function post(matter: Record<string, string>, body: string): string {
  return `---\n${Object.entries(matter)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')}---\n\n${body}\n`
}

/** Prose of about `words` words, the same for the same seed and different for others. */
export function prose(seed: number, words: number): string {
  const nouns = [
    'lamp',
    'harbour',
    'clock',
    'gull',
    'ledger',
    'kettle',
    'winter',
    'spring',
    'brass',
    'letter',
    'tide',
    'stair',
  ]
  const verbs = ['keeps', 'turns', 'waits for', 'forgets', 'mends', 'counts', 'follows', 'outlasts']
  let state = (seed + 1) * 2654435761
  const pick = (list: string[]): string => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return list[state % list.length] ?? ''
  }
  const sentences: string[] = []
  for (let count = 0; count < words; count += 7) {
    sentences.push(
      `The ${pick(nouns)} ${pick(verbs)} the ${pick(nouns)} near ${pick(nouns)} ${Math.floor(count / 7) + seed}.`,
    )
  }
  const paragraphs: string[] = []
  for (let from = 0; from < sentences.length; from += 8) paragraphs.push(sentences.slice(from, from + 8).join(' '))
  return paragraphs.join('\n\n')
}

export interface FakeEmbedder extends Embedder {
  /** How many texts were embedded so far. */
  readonly embedded: number
}

/** Deterministic: each term adds a signed 1 to a place that its hash names; texts that share terms are near. */
export function fakeEmbedder(id = 'fake', dimensions = 64): FakeEmbedder {
  let embedded = 0
  return {
    id,
    kind: 'embedder',
    dimensions,
    get embedded() {
      return embedded
    },
    async embed(texts, options) {
      const vectors = texts.map((text) => {
        const vector = new Float32Array(dimensions)
        for (const term of termsOf(text)) {
          let hash = 2166136261
          for (const character of term) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
          const place = hash % dimensions
          vector[place] = (vector[place] ?? 0) + (hash & 0x10000 ? 1 : -1)
        }
        const norm = Math.hypot(...vector) || 1
        return vector.map((value) => value / norm)
      })
      embedded += texts.length
      options?.onProgress?.(texts.length)
      return vectors
    },
    dispose: async () => {},
  }
}

/** An import in this thread, without progress. */
export function importFolder(store: Store, paths: string[], embedder: Embedder | null = null): Promise<ImportReport> {
  return importPaths({ store, embedder, paths, request: 'test', reader: directReader() })
}
