/** Scores that survive a kill: what was computed once for the same tokens under the same voices is read from disk. */
import { z } from 'zod'
import { hashOf } from '../hash.ts'
import type { Base, QueryScore, Voices } from '../inference/types.ts'
import { appendLines, readLines } from '../lines.ts'

const scoreLine = z.object({ key: z.string(), nll: z.number(), tokens: z.number().int() })

/**
 * The base, with every plain score kept in `file`, a line each. Scores against another model (`contrast`) are not kept.
 * @param contentOf a name of a voice file's content
 */
export function keepScores(
  base: Pick<Base, 'score'>,
  file: string,
  contentOf: (voiceFile: string) => string,
): Pick<Base, 'score'> {
  const known = new Map<string, QueryScore>(readLines(file, scoreLine).map(({ key, ...score }) => [key, score]))
  return {
    async score(queries, options = {}) {
      const { voice, contrast, signal, onProgress } = options
      if (contrast) return base.score(queries, options)
      const voices = namesOf(voice, contentOf)
      const scores: QueryScore[] = []
      for (const query of queries) {
        signal?.throwIfAborted()
        const key = hashOf([...voices, query])
        const score = known.get(key) ?? (await base.score([query], { voice, signal }))[0]
        if (score === undefined) throw new Error('the base gave no score')
        // What is not finite has no JSON; the caller refuses it.
        if (!known.has(key) && Number.isFinite(score.nll)) {
          appendLines(file, [{ key, ...score }])
          known.set(key, score)
        }
        scores.push(score)
        onProgress?.(scores.length)
      }
      return scores
    },
  }
}

function namesOf(voices: Voices | null | undefined, contentOf: (voiceFile: string) => string): (string | number)[] {
  const list = voices == null ? [] : 'file' in voices ? [voices] : voices
  return list.flatMap(({ file, scale }) => [contentOf(file), scale])
}
