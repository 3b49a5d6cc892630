/** How likely a task's answer is, under the very prompt and voice that would write it. */
import type { Handlers } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { DEFAULT_PROMPT } from '../../examples/defaults.ts'
import { labelTokens } from '../../examples/labels.ts'
import { proseInput } from '../../examples/prose.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { AppContext } from '../context.ts'
import { pieceText, shownBeside } from '../library/shown.ts'
import { readSettings } from '../settings.ts'
import { voicesFor } from '../voices/voices.ts'
import { checkScore } from './ratings.ts'

export function scoreHandlers(context: AppContext): Pick<Handlers, 'score'> {
  const { bases, requests } = context
  return {
    score: ({ request, task, text, gold, voice, voices, scale, seed: _, maxTokens: __, ...shownWith }) =>
      requests.run(request, async (signal) => {
        if (!TASK_NAMES.includes(task))
          throw new IdiolectError(
            'BadOption',
            `${JSON.stringify(task)} is no task`,
            `Tasks are ${TASK_NAMES.join(', ')}.`,
          )
        const piece = pieceText(text, 'to score an answer to')
        const answer = task === 'prose' ? gold.trim() : gold.replace(/\s+/g, ' ').trim()
        if (answer === '') throw new IdiolectError('EmptyText', 'there is no answer to score', 'Give one.')
        const used = voicesFor(context, { voice, voices, scale }, readSettings(context).scale, task)
        const shown = await shownBeside(
          context,
          task,
          piece,
          { ...shownWith, voiced: (used?.id ?? null) !== null },
          signal,
        )
        if (task === 'rate') checkScore(Number(answer), shown.scale)
        return bases.withBase(async (base) => {
          const query = {
            task,
            document: '',
            title: '',
            date: '',
            input: task === 'prose' ? proseInput(piece) : piece,
            answer: task === 'rate' ? String(Number(answer)) : answer,
          }
          const options = { ...DEFAULT_PROMPT[task], maxTokens: base.contextSize, ...shown.prompt }
          const example = shown.builder(base).example(query, shown.pairs, options)
          const wanted = labelTokens(base, query.answer).length
          const room = example.tokens.length - example.answerFrom
          if (room < wanted) {
            throw new IdiolectError(
              'AnswerTooLong',
              `the answer has ${wanted} tokens and the model's context leaves room for ${room}`,
              'Score a shorter part of it.',
            )
          }
          const [score] = await base.score([example], { voice: used?.use ?? null, signal })
          if (score === undefined) throw new Error('nothing was scored')
          return { nll: score.nll, tokens: score.tokens }
        }, signal)
      }),
  }
}
