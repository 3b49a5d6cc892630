import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Bridge } from '../../preload/contract.ts'
import { CallError } from '../../renderer/lib/errors.ts'
import { AppStore } from '../../renderer/state/app.svelte.ts'

describe('what went wrong', () => {
  let does: () => void
  let answers: (() => Promise<unknown>)[]
  let app: AppStore
  const fails = (message: string) => () => Promise.reject(new CallError('Wrong', message, null))
  const told = (): string[] => app.notices.map(({ error }) => error.message)
  const list = (path: string): Promise<unknown> => app.attempt(() => app.call('files.list', { path, kind: 'writing' }))

  beforeEach(() => {
    vi.stubGlobal('addEventListener', (_name: string, listener: () => void) => {
      does = listener
    })
    answers = []
    const bridge = { call: () => answers.shift()?.() ?? Promise.resolve(null), on: () => () => {} }
    app = new AppStore(bridge as unknown as Bridge)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('goes when the same call is tried again', async () => {
    answers = [fails('No folder a.'), fails('No folder b.')]
    await list('/a')
    does()
    await list('/b')
    expect(told()).toEqual(['No folder b.'])
    does()
    await list('/c')
    expect(told()).toEqual([])
  })

  it('stays when another call is made', async () => {
    answers = [fails('No folder a.')]
    await list('/a')
    does()
    await app.refresh()
    expect(told()).toEqual(['No folder a.'])
  })

  it('stays until somebody can have seen it', async () => {
    answers = [fails('No folder a.')]
    await list('/a')
    await list('/b')
    expect(told()).toEqual(['No folder a.'])
    does()
    await list('/c')
    expect(told()).toEqual([])
  })
})
