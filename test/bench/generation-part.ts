/** Bar 6: what a voice, as the app trains it, costs in use; see `generation.ts` for how it is measured. */
import path from 'node:path'
import { defaultSettings } from '../../main/examples/defaults.ts'
import { measureGeneration } from './generation.ts'
import type { BenchOptions, PartResult } from './types.ts'

export async function generationPart({ base, threads, quick, say }: BenchOptions): Promise<PartResult> {
  say('generation')
  const { targets, rank } = defaultSettings({ examples: 200, tokens: 60_000, threads })
  const found = await measureGeneration({
    file: base,
    threads,
    targets,
    rank,
    ...(quick ? { tokens: 8, rounds: 2 } : {}),
  })
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
  const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(0)} ms`
  const { median, low, high } = found.ratio
  return {
    tables: [
      {
        title: `Generation with a voice: ${path.basename(base)}, rank ${rank} on ${targets.join(', ')}; ${threads} thread${threads === 1 ? '' : 's'}`,
        head: [
          'without, tokens/s',
          'with, tokens/s',
          'ratio (quartiles)',
          'change of voice (slowest)',
          'one token, voice held',
        ],
        rows: [
          [
            found.without.toFixed(1),
            found.withVoice.toFixed(1),
            `${percent(median)} (${percent(low)} to ${percent(high)})`,
            `${milliseconds(found.change.median)} (${milliseconds(found.change.most)})`,
            milliseconds(found.held),
          ],
        ],
        notes: [
          'A change of voice: from the call to the first token, with a voice that was never used before.',
          ...(quick ? ['Quick: not to be quoted.'] : []),
        ],
      },
    ],
    bars: [
      {
        bar: '6 generation with a voice',
        wanted: 'at least 95% of the speed without',
        measured: percent(median),
        met: median >= 0.95,
      },
      {
        bar: '6 change of voice',
        wanted: 'under 150 ms',
        measured: milliseconds(found.change.median),
        met: found.change.median < 0.15,
      },
    ],
    data: found,
  }
}
