/** A task's queries out of pieces: one a piece. */
import { headlineQueries } from './headline.ts'
import { proseQueries } from './prose.ts'
import { rateQueries, type Scale } from './rate.ts'
import { tagQueries } from './tag.ts'
import type { Piece, TaskName, TaskQueries } from './types.ts'

export function queriesOf(task: TaskName, pieces: Piece[], scale: Pick<Scale, 'scores'>): TaskQueries {
  switch (task) {
    case 'headline':
      return headlineQueries(pieces)
    case 'tag':
      return tagQueries(pieces)
    case 'rate':
      return rateQueries(pieces, scale)
    case 'prose':
      return proseQueries(pieces, { maxPerPiece: 1 })
  }
}
