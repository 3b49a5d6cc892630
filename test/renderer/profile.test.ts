/** The owner's profile in the window: what was typed is never thrown away, and a call that fails is no empty profile. */
import { expect, it } from 'vitest'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { ProfileStore } from '../../renderer/state/profile.svelte.ts'

type Input = { task: string; text: string }

/** A host of two profiles, that refuses some calls. */
function host() {
  const kept: Record<string, string | undefined> = { headline: 'Short.', tag: 'Few.' }
  const refused = new Set<string>()
  const failed: string[] = []
  let wait: Promise<void> = Promise.resolve()
  const app = {
    on: () => {},
    cancel: async () => {},
    async call(name: string, { task, text }: Input) {
      await wait
      if (refused.has(name)) throw new Error(name)
      if (name === 'profile.set') kept[task] = text
      return kept[task] === undefined ? null : { text: kept[task], by: 'owner' }
    },
    attempt: (run: () => Promise<unknown>) =>
      run().catch((error: Error) => {
        failed.push(error.message)
        return null
      }),
  }
  /** Answers come when the result is called. */
  const hold = (): (() => void) => {
    let come = (): void => {}
    wait = new Promise((resolve) => {
      come = resolve
    })
    return come
  }
  return { kept, refused, failed, hold, profile: new ProfileStore(app as unknown as AppStore) }
}

it('goes to another task with what was typed saved', async () => {
  const { profile, kept } = host()
  await profile.open()
  profile.text = 'Shorter.'
  await profile.go('tag')
  expect([profile.task, profile.text, kept.headline]).toEqual(['tag', 'Few.', 'Shorter.'])
})

it('stays with what was typed where that could not be saved', async () => {
  const { profile, refused, failed } = host()
  await profile.open()
  profile.text = 'Shorter.'
  refused.add('profile.set')
  await profile.go('tag')
  expect([profile.task, profile.text, profile.changed, failed]).toEqual(['headline', 'Shorter.', true, ['profile.set']])
})

it('shows no empty profile where one could not be read', async () => {
  const { profile, refused } = host()
  await profile.open()
  refused.add('profile.get')
  await profile.go('tag')
  expect([profile.task, profile.text, profile.kept?.text]).toEqual(['headline', 'Short.', 'Short.'])
  refused.clear()
  await profile.go('prose')
  expect([profile.task, profile.text, profile.kept]).toEqual(['prose', '', null])
})

it('keeps what is typed while the host answers, for the task that it was typed for', async () => {
  const { profile, kept, hold } = host()
  await profile.open()
  let come = hold()
  profile.text = 'Shorter.'
  const saving = profile.save()
  profile.text = 'Shorter still.'
  come()
  await saving
  expect([profile.text, profile.kept?.text, profile.changed]).toEqual(['Shorter still.', 'Shorter.', true])
  await profile.save()
  come = hold()
  const going = profile.go('tag')
  profile.text = 'Too late?'
  const late = profile.save()
  come()
  await Promise.all([going, late])
  expect([kept.headline, kept.tag]).toEqual(['Too late?', 'Few.'])
})
