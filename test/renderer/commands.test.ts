import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import type { Settings } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { byGroup, type CommandEntry, CommandStore } from '../../renderer/state/commands.svelte.ts'
import { knownCommands } from '../../renderer/state/known-commands.ts'

/** A store on settings that remember. */
function commandsWith(shortcuts: Settings['shortcuts'] = {}, known?: () => CommandEntry[]): CommandStore {
  const app = {
    settings: { shortcuts },
    info: { platform: 'linux-x64', host: 'electron' },
    async set(change: Partial<Settings>) {
      app.settings = { ...app.settings, ...change } as typeof app.settings
    },
  }
  return new CommandStore(app as unknown as AppStore, known)
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

it('lists the commands of every space from the start', () => {
  const known = knownCommands()
  const folder = path.join(projectFolder(), 'renderer', 'spaces')
  const registered = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .flatMap((name) => [...readFileSync(path.join(folder, name), 'utf8').matchAll(/\bid: '([a-z]+\.[a-z-]+)'(.*)/g)])
    .map(([, id, rest]) => ({ id, keys: / keys: '([^']+)'/.exec(rest ?? '')?.[1] }))
  expect(registered.length).toBeGreaterThan(25)
  const ids = known.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, keys } of registered) {
    expect(ids).toContain(id)
    if (keys) expect(known.find((one) => one.id === id)?.keys, id).toBe(keys)
  }
})

it('hears a table\u2019s keys as they were bound', async () => {
  const commands = commandsWith({}, knownCommands)
  const names = ['labels.next', 'labels.skip'] as const
  expect(commands.heard(press('x', false), names)).toBe('labels.skip')
  await commands.bind('labels.skip', 's')
  expect(commands.heard(press('x', false), names)).toBeNull()
  expect(commands.heard(press('s', false), names)).toBe('labels.skip')
  await commands.bind('labels.skip', '')
  expect(commands.heard(press('s', false), names)).toBeNull()
})
