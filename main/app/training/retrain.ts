/** A voice belongs to its base: when that is changed, the same training again, on the base that is in use now. */
import type { Handlers, TrainOptions, Voice } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import type { AppContext } from '../context.ts'
import type { Training } from './training.ts'

type Card = Pick<Voice, 'name' | 'base' | 'run' | 'kind' | 'rank' | 'alpha' | 'rslora' | 'targets' | 'tasks' | 'mix'>

export function retrainHandlers({ store, bases }: AppContext, training: Training): Pick<Handlers, 'models.retrain'> {
  return {
    async 'models.retrain'({ voice }) {
      const found = store.voices.get<Card>(voice)
      if (!found) throw new IdiolectError('UnknownVoice', `there is no voice ${JSON.stringify(voice)}`, null)
      const { card } = found
      if (card.mix)
        throw new IdiolectError('BadMix', `“${card.name}” is a mix, which was never trained`, 'Train its voices again.')
      const asked = card.run === null ? null : store.runs.get(card.run)?.options
      const options = againOn(bases.baseModel().name, card, (asked ?? null) as TrainOptions | null)
      return training.handlers['train.start'](options)
    },
  }
}

/** What was asked for then, without what only the old base can give; of an imported voice, what its file tells. */
export function againOn(base: string, card: Card, asked: TrainOptions | null): TrainOptions {
  const name = `${card.name} (${base})`.slice(0, 120)
  if (asked) {
    const { base: _b, from: _f, taskAdapter: _t, ...settings } = asked
    return { ...settings, name }
  }
  const lora = card.kind === undefined || card.kind === 'lora'
  const form = lora ? { rank: card.rank, alpha: card.alpha, targets: card.targets } : { kind: card.kind }
  // An imported voice does not tell what it was for: then what the library has enough of is learned.
  const tasks = card.tasks.length > 0 ? { tasks: card.tasks } : {}
  return { ...form, ...(card.rslora ? { rslora: true } : {}), ...tasks, name } as TrainOptions
}
