import { expect, it } from 'vitest'
import type { TrainingTask, Voice } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { GenerationChoice } from '../../renderer/state/generation.svelte.ts'

const app = { state: null, settings: { scale: 1, retrieval: true } } as unknown as AppStore
const voiceOf = (id: string, speaks: TrainingTask[]) => ({ id, speaks }) as Voice

function choiceFor(task: TrainingTask, active: Voice | null) {
  const voices = { active }
  return { voices, choice: new GenerationChoice(app, voices, task) }
}

it('leaves it to the host whose voice writes, until it is switched off', () => {
  const { choice } = choiceFor('headline', voiceOf('edda', ['headline']))
  expect(choice.voice?.id).toBe('edda')
  expect(choice.options.voice).toBeUndefined()
  choice.useVoice(false)
  expect([choice.voice, choice.options.voice]).toEqual([null, null])
  choice.useVoice(true)
  expect(choice.options.voice).toBeUndefined()
})

it('is without the voice that never learnt its task, until that one is asked for', () => {
  const { choice, voices } = choiceFor('prose', voiceOf('edda', ['headline']))
  expect([choice.silent?.id, choice.voice]).toEqual(['edda', null])
  expect(choice.options.voice).toBeUndefined()
  choice.useVoice(true)
  expect([choice.voice?.id, choice.options.voice]).toEqual(['edda', 'edda'])
  // Another one that is switched on later was not asked for.
  voices.active = voiceOf('finn', ['tag'])
  expect([choice.silent?.id, choice.voice, choice.options.voice]).toEqual(['finn', null, undefined])
  voices.active = voiceOf('gale', ['prose'])
  expect([choice.silent, choice.voice?.id, choice.options.voice]).toEqual([null, 'gale', undefined])
})

it('knows of a silent voice whether it never learnt the task or was no better at it', () => {
  const edda: Voice = { ...voiceOf('edda', ['headline']), worse: ['tag'] }
  expect(choiceFor('tag', edda).choice).toMatchObject({ silent: edda, voice: null, worse: true })
  expect(choiceFor('prose', edda).choice).toMatchObject({ silent: edda, voice: null, worse: false })
  expect(choiceFor('headline', edda).choice).toMatchObject({ silent: null, worse: false })
})

it('has a task adapter stand in where no voice speaks and none was refused', () => {
  const standIns = { headline: 'Form' }
  const at = { ...app, state: { standIns } } as unknown as AppStore
  const of = (task: TrainingTask, active: Voice | null) => new GenerationChoice(at, { active }, task)
  expect(of('headline', null).standIn).toBe('Form')
  expect(of('headline', voiceOf('finn', ['tag'])).standIn).toBe('Form')
  // Nothing learnt tags, and a voice speaks for itself.
  expect(of('tag', null).standIn).toBeNull()
  const spoken = of('headline', voiceOf('edda', ['headline']))
  expect(spoken.standIn).toBeNull()
  spoken.useVoice(false)
  expect(spoken.standIn).toBeNull()
})
