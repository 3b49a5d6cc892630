/** Scores that survive a kill: what was computed once for the same tokens under the same voices is read from disk. */
import { z } from 'zod'
import { hashOf } from '../hash.ts'
import type { Base, QueryScore, Voices } from '../inference/types.ts'
import { appendLines, readLines } from '../lines.ts'

const scoreLine = z.object({ key: z.string(), nll: z.number(), tokens: z.number().int() })
/** Log-probabilities of continuations, nats. */
const rankLine = z.object({ key: z.string(), logs: z.array(z.number()) })

/**
 * The base, with every plain score and ranking kept in `file`, a line each. Those against another model (`contrast`) are
 * not kept.
 * @param contentOf a name of a voice file's content
 */
export function keepScores(
  base: Pick<Base, 'score' | 'rank'>,
  file: string,
  contentOf: (voiceFile: string) => string,
): Pick<Base, 'score' | 'rank'> {
  const lines = readLines(file, z.union([scoreLine, rankLine]))
  const known = new Map<string, QueryScore>()
  const rankings = new Map<string, number[]>()
  for (const line of lines) {
    if ('logs' in line) rankings.set(line.key, line.logs)
    else known.set(line.key, { nll: line.nll, tokens: line.tokens })
  }
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
    async rank(prompt, continuations, options = {}) {
      const { voice, contrast, signal } = options
      if (contrast) return base.rank(prompt, continuations, options)
      signal?.throwIfAborted()
      const parts = [prompt, ...continuations].map((tokens) => ({ tokens, answerFrom: 0 }))
      const key = hashOf(['rank', ...namesOf(voice, contentOf), ...parts])
      const kept = rankings.get(key)
      if (kept)
        return kept.map((logProbability, i) => ({ logProbability, tokens: (continuations[i] as Int32Array).length }))
      const ranked = await base.rank(prompt, continuations, options)
      const logs = ranked.map(({ logProbability }) => logProbability)
      // What is not finite has no JSON.
      if (logs.every(Number.isFinite)) {
        appendLines(file, [{ key, logs }])
        rankings.set(key, logs)
      }
      return ranked
    },
  }
}

function namesOf(voices: Voices | null | undefined, contentOf: (voiceFile: string) => string): (string | number)[] {
  const list = voices == null ? [] : 'file' in voices ? [voices] : voices
  return list.flatMap(({ file, scale }) => [contentOf(file), scale])
}
