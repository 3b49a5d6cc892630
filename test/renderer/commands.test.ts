import { expect, it, vi } from 'vitest'
import type { Settings } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { byGroup, CommandStore } from '../../renderer/state/commands.svelte.ts'

/** A store on settings that remember. */
function commandsWith(shortcuts: Settings['shortcuts'] = {}): CommandStore {
  const app = {
    settings: { shortcuts },
    info: { platform: 'linux-x64', host: 'electron' },
    async set(change: Partial<Settings>) {
      app.settings = { ...app.settings, ...change } as typeof app.settings
    },
  }
  return new CommandStore(app as unknown as AppStore)
}

function press(key: string, control: boolean): KeyboardEvent {
  const event = {
    key,
    code: `Key${key.toUpperCase()}`,
    target: null,
    defaultPrevented: false,
    isComposing: false,
    preventDefault: vi.fn(),
    getModifierState: (name: string) => control && name === 'Control',
  }
  return event as unknown as KeyboardEvent
}

it('runs the latest command of a chord that can be run', () => {
  const commands = commandsWith()
  const ran: string[] = []
  commands.register({ id: 'a.one', title: 'One', keys: '$mod+d', run: () => ran.push('one') })
  let able = true
  const end = commands.register({
    id: 'b.two',
    title: 'Two',
    keys: '$mod+d',
    enabled: () => able,
    run: () => ran.push('two'),
  })
  const event = press('d', true)
  expect(commands.handle(event)).toBe(true)
  expect(event.preventDefault).toHaveBeenCalled()
  able = false
  commands.handle(press('d', true))
  able = true
  end()
  commands.handle(press('d', true))
  expect(ran).toEqual(['two', 'one', 'one'])
  expect(commands.handle(press('d', false))).toBe(false)
  commands.recording = true
  expect(commands.handle(press('d', true))).toBe(false)
})

it('keeps what the owner bound, tells conflicts, and forgets it again', async () => {
  const commands = commandsWith()
  const one = { id: 'a.one', title: 'One', keys: '$mod+d', run: vi.fn() }
  const two = { id: 'b.two', title: 'Two', run: vi.fn() }
  commands.registerAll([one, two])
  expect(commands.conflictsOf(two)).toEqual([])
  await commands.bind('b.two', '$mod+d')
  expect(commands.conflictsOf(two).map(({ id }) => id)).toEqual(['a.one'])
  await commands.bind('a.one', '')
  expect(commands.keysOf(one)).toBeNull()
  expect(commands.conflictsOf(two)).toEqual([])
  commands.handle(press('d', true))
  expect(two.run).toHaveBeenCalledOnce()
  expect(one.run).not.toHaveBeenCalled()
  await commands.bind('a.one', null)
  expect(commands.keysOf(one)).toBe('$mod+d')
  expect(commands.isChanged('b.two')).toBe(true)
  await commands.reset()
  expect(commands.isChanged('b.two')).toBe(false)
})

it('remembers commands whose space was closed, so that their keys can be changed', () => {
  const commands = commandsWith()
  commands.register({ id: 'draft.focus', title: 'Focus', group: 'Draft', run: vi.fn() })()
  expect(commands.all).toEqual([])
  expect(commands.run('draft.focus')).toBe(false)
  expect(byGroup(commands.seen)).toEqual([
    { name: 'Draft', list: [{ id: 'draft.focus', title: 'Focus', group: 'Draft', keys: undefined }] },
  ])
})
