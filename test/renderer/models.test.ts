/** A base that was fetched to be used: it is not taken into use from under a training or a voice. */
import { expect, it, vi } from 'vitest'
import type { ModelProgress } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { downloadJobs } from '../../renderer/state/jobs.svelte.ts'
import { ModelStore } from '../../renderer/state/models.svelte.ts'
import { words } from '../../renderer/words/words.ts'

function host(base: string | null = 'small') {
  const large = { id: 'large', name: 'Large', role: 'chat', installed: false, inUse: false, bytes: 9, part: null }
  const small = { ...large, id: 'small', name: 'Small', installed: base !== null, inUse: base !== null, starter: true }
  const calls: string[] = []
  const listeners: ((progress: ModelProgress) => void)[] = []
  const app = {
    state: { base },
    on: (_: string, listener: (progress: ModelProgress) => void) => listeners.push(listener),
    call: async (name: string, input: { model: string }) => {
      calls.push(`${name} ${input.model ?? ''}`.trim())
      if (name === 'models.get') large.installed = true
      if (name === 'models.use') [large.inUse, small.inUse] = [true, false]
      return name === 'models.list' ? [{ ...small }, { ...large }] : []
    },
    attempt: async (run: () => Promise<unknown>) => run().catch(() => null),
    refresh: async () => {},
  }
  const models = new ModelStore(app as unknown as AppStore)
  const progress = { request: 'goes on', model: 'large', receivedBytes: 9, totalBytes: 9, source: '', resumable: true }
  /** A download that another window asked for, or that goes on by itself. */
  const tell = (stage: ModelProgress['stage']): void => {
    if (stage === 'done') large.installed = true
    for (const listener of listeners) listener({ ...progress, stage })
  }
  return { calls, models, tell }
}

it('is used at once where nothing hangs on the base in use', async () => {
  const { calls, models } = host()
  await models.load()
  await models.getToUse('large', () => true)
  expect(calls).toContain('models.use large')
  expect(models.arrived).toBeNull()
})

it('is asked about where something does, by then', async () => {
  const { calls, models } = host()
  await models.load()
  let training = false
  const fetched = models.getToUse('large', () => !training)
  training = true
  await fetched
  expect(calls).not.toContain('models.use large')
  expect(models.arrived?.id).toBe('large')
  models.keepBase()
  expect(models.arrived).toBeNull()
  await models.getToUse('large', () => !training)
  await models.use('large')
  expect(models.arrived).toBeNull()
})

it('the starter is fetched where there is no base, once', async () => {
  const { calls, models } = host(null)
  // Writing may come in before the list of models does.
  void models.fetchStarter()
  await models.load()
  void models.fetchStarter()
  void models.fetchStarter()
  await vi.waitFor(() => expect(calls.filter((call) => call.startsWith('models.get'))).toEqual(['models.get small']))
  const there = host('small')
  await there.models.load()
  await there.models.fetchStarter()
  expect(there.calls).not.toContain('models.get small')
})

it('a download that is no longer at work is known to be here', async () => {
  const { models, tell } = host()
  tell('downloading')
  const [job] = downloadJobs(models)
  tell('done')
  // Its end is told as soon as it is no longer at work.
  while (downloadJobs(models).length > 0) await new Promise((resolve) => setTimeout(resolve))
  expect(job?.ended()).toBe(words.status.downloadDone)
})
