import { afterEach, describe, expect, it } from 'vitest'
import { pressed, recordKeys, sameKeys, showKeys, worksWhileTyping } from '../../renderer/lib/keys.ts'
import { knownCommands } from '../../renderer/state/known-commands.ts'
import type { Stores } from '../../renderer/state/stores.ts'
import { windowCommands } from '../../renderer/state/window-commands.ts'
import { setLanguage } from '../../renderer/words/words.ts'

afterEach(() => setLanguage('system'))

/** A key press as a keyboard sends it. */
function press(key: string, code: string, modifiers = ''): KeyboardEvent {
  const down = (name: string): boolean => modifiers.split('+').includes(name)
  const event = {
    key,
    code,
    ctrlKey: down('Control'),
    shiftKey: down('Shift'),
    altKey: down('Alt'),
    metaKey: down('Meta'),
    getModifierState: down,
  }
  return event as unknown as KeyboardEvent
}

const pc = { mac: false, browser: false }

describe('recorded keys', () => {
  it.each([
    ['d', 'KeyD', 'Control', '$mod+d'],
    ['D', 'KeyD', 'Control+Shift', '$mod+Shift+d'],
    ['?', 'Slash', 'Shift', '[Shift]+?'],
    ['!', 'Digit1', 'Control+Shift', '$mod+Shift+Digit1'],
    ['j', 'KeyJ', '', 'j'],
    [' ', 'Space', 'Alt', 'Alt+Space'],
    ['+', 'BracketRight', 'Control', '$mod+BracketRight'],
    ['F6', 'F6', '', 'F6'],
    ['ArrowUp', 'ArrowUp', 'Alt+Shift', 'Alt+Shift+ArrowUp'],
  ])('%s (%s) with %s is %s, and the same press runs it', (key, code, modifiers, keys) => {
    expect(recordKeys(press(key, code, modifiers), false)).toBe(keys)
    expect(pressed(press(key, code, modifiers), keys)).toBe(true)
    expect(pressed(press('x', 'KeyX', modifiers), keys)).toBe(false)
    expect(pressed(press(key, code, `${modifiers}+Meta`), keys)).toBe(false)
  })

  it('modifiers alone are no keys yet', () => {
    expect(recordKeys(press('Shift', 'ShiftLeft', 'Shift'), false)).toBeNull()
    expect(recordKeys(press('Control', 'ControlLeft', 'Control'), false)).toBeNull()
  })

  it('a Mac has Command for its modifier, and Control beside it', () => {
    expect(recordKeys(press('d', 'KeyD', 'Meta'), true)).toBe('$mod+d')
    expect(recordKeys(press('d', 'KeyD', 'Control'), true)).toBe('Control+d')
  })
})

it('the same chord in another writing is the same', () => {
  expect(sameKeys('$mod+Shift+d', 'Shift+$mod+D')).toBe(true)
  expect(sameKeys('$mod+d', '$mod+Shift+d')).toBe(false)
  expect(sameKeys('', '')).toBe(true)
  expect(sameKeys('j', '')).toBe(false)
})

describe('shown keys', () => {
  it('name what is pressed', async () => {
    await setLanguage('en')
    expect(showKeys('$mod+Shift+d', pc)).toBe('Ctrl+Shift+D')
    expect(showKeys('[Shift]+?', pc)).toBe('?')
    expect(showKeys('Alt+ArrowUp', pc)).toBe('Alt+↑')
    expect(showKeys('$mod+[Shift]+Digit3', pc)).toBe('Ctrl+3')
    expect(showKeys('$mod+[Shift]+Digit3', { mac: false, browser: true })).toBe('Ctrl+Shift+3')
  })
  it('as a Mac writes them', () => {
    expect(showKeys('$mod+Shift+d', { mac: true, browser: false })).toBe('⇧⌘D')
  })
  it('in German', async () => {
    await setLanguage('de')
    expect(showKeys('$mod+Shift+Enter', pc)).toBe('Strg+Umschalt+Enter')
  })
})

it('only a chord or a function key works while one types', () => {
  expect(['$mod+k', 'Alt+x', 'F6'].map(worksWhileTyping)).toEqual([true, true, true])
  expect(['j', '[Shift]+?', 'Shift+d', ''].map(worksWhileTyping)).toEqual([false, false, false, false])
})

it('a sign is pressed with Shift or without, as the keyboard has it', () => {
  const none: unknown = new Proxy(() => none, { get: () => none })
  const all = [...knownCommands(), ...windowCommands(none as Stores)].flatMap(({ keys }) => (keys ? [keys] : []))
  const signs = all.filter((keys) => /(^|\+)[^\p{L}\d]$/u.test(keys))
  expect(signs.sort()).toEqual(['[Shift]+/', '[Shift]+?'])
  for (const keys of signs) {
    const sign = keys.at(-1) ?? ''
    // Without on an American keyboard, Shift+7 on a German one.
    expect(pressed(press(sign, 'Slash'), keys)).toBe(true)
    expect(pressed(press(sign, 'Digit7', 'Shift'), keys)).toBe(true)
    expect(pressed(press(sign, 'Slash', 'Control'), keys)).toBe(false)
  }
})
