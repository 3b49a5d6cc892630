/** What is said when something that ran for long has ended. */
import { expect, it } from 'vitest'
import type { TrainingState } from '../../preload/contract.ts'
import { trainingJob } from '../../renderer/state/jobs.svelte.ts'
import type { VoiceStore } from '../../renderer/state/voice.svelte.ts'
import { words } from '../../renderer/words/words.ts'

it('says of a training how it ended, not that it is done', () => {
  const training = { run: 'a', stage: 'training', aside: false } as TrainingState
  const voice = { running: true, progress: 0.5, training }
  const job = trainingJob(voice as unknown as VoiceStore)
  const said = (stage: TrainingState['stage']): string | undefined => {
    voice.training = { ...training, stage }
    return job?.ended()
  }
  expect(said('done')).toBe(words.status.trainingDone)
  expect(said('failed')).toBe(words.voice.failed)
  expect(said('cancelled')).toBe(words.voice.cancelled)
  expect(said('interrupted')).toBe(words.voice.interruptedTitle)
})
