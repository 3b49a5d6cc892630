/**
 * Size against gain: how many numbers a voice needs. LoRA ranks, on the matrices asked for. Alpha is the rank, so that
 * B A is added in full at every size and the sizes differ in nothing else.
 */
import { parseTargets } from '../../model/lora.ts'
import { compareWithChosen, type Measured, measuredAt, runReference, type Study, type StudyContext } from './study.ts'

export interface SizeOptions {
  ranks?: readonly number[]
  /** Sets of targets, each joined by commas; each is a line of the picture. */
  targets?: readonly string[]
}

const RANKS = [2, 4, 8, 16, 32, 64]
const TARGETS = ['q,v', 'all']
/** The paper's own size (rank 8 on q and v), with which the others are compared. */
const PAPERS = 8

export async function sizeStudy(
  context: StudyContext,
  { ranks = RANKS, targets = TARGETS }: SizeOptions = {},
): Promise<Study> {
  const { methods, against, run } = context
  const reference = await runReference(context)
  const measured: Measured[] = []
  for (const set of targets) {
    for (const rank of ranks) {
      const scores = await run({
        name: `rank ${rank} on ${set}`,
        methods,
        settings: { kind: 'lora', rank, alpha: rank, targets: parseTargets(set.split(',')) },
      })
      const seriesOf = (method: string): string => (methods.length === 1 ? set : `${method}, ${set}`)
      measured.push(...measuredAt(context, `rank ${rank}`, scores, reference, seriesOf))
    }
  }
  const chosen = ranks.includes(PAPERS) ? `rank ${PAPERS}` : null
  return {
    name: 'size',
    question: 'How many numbers does a voice need?',
    axis: 'numbers trained',
    places: 'numbers',
    joined: true,
    chosen,
    against,
    measure: context.measure,
    rows: chosen ? compareWithChosen(context, measured, chosen) : measured.map(({ row }) => row),
    notes: ['Alpha is the rank, so that the change is added in full at every size; all at the same learning rate.'],
  }
}
