/**
 * Keys as they are kept (tinykeys' form: `$mod+Shift+d`, `[Shift]+?`), recorded from a key press and shown to a person.
 * Knows one chord at a time; sequences are not used here.
 */
import { type KeybindingPress, matchKeybindingPress, parseKeybinding } from 'tinykeys'
import { words } from '../words/words.ts'

export interface KeyMachine {
  mac: boolean
  /** Within a browser, which keeps Ctrl+1 and its kin for itself. */
  browser: boolean
}

const MODIFIERS = new Set([
  'Control',
  'Shift',
  'Alt',
  'Meta',
  'AltGraph',
  'CapsLock',
  'NumLock',
  'Fn',
  'Dead',
  'Process',
])

const parsed = new Map<string, KeybindingPress | undefined>()
function parse(keys: string): KeybindingPress | undefined {
  if (!parsed.has(keys)) parsed.set(keys, keys.trim() === '' ? undefined : parseKeybinding(keys)[0])
  return parsed.get(keys)
}

/** Whether the event is a press of these keys. */
export function pressed(event: KeyboardEvent, keys: string): boolean {
  const press = parse(keys)
  return press !== undefined && matchKeybindingPress(event, press)
}

/** The chord of a key press, or null while only modifiers are down. */
export function recordKeys(event: KeyboardEvent, mac: boolean): string | null {
  const { key, code } = event
  if (MODIFIERS.has(key) || key === 'Unidentified') return null
  const modifiers: string[] = []
  if (mac ? event.metaKey : event.ctrlKey) modifiers.push('$mod')
  if (mac ? event.ctrlKey : event.metaKey) modifiers.push(mac ? 'Control' : 'Meta')
  if (event.altKey) modifiers.push('Alt')
  // A sign that Shift makes (? ! :) is the key itself; with a letter, a digit or a named key, Shift is part of the chord.
  const named = key.length > 1 || /^\p{L}$/u.test(key) || /^(Digit|Numpad)\d$/.test(code)
  if (event.shiftKey) modifiers.push(named ? 'Shift' : '[Shift]')
  const last = /^Digit\d$/.test(code) || key === ' ' || key === '+' ? code : key.length === 1 ? key.toLowerCase() : key
  return [...modifiers, last].join('+')
}

/** One writing for all ways to write the same chord, to compare by. */
export function sameKeys(a: string, b: string): boolean {
  return normal(a) === normal(b)
}

function normal(keys: string): string {
  const press = parse(keys)
  if (!press) return ''
  const [required, optional, key] = press
  return `${[...required].sort().join('+')}|${String(key).toLowerCase()}|${optional.length > 0}`.replace(
    /\|(true|false)$/,
    '',
  )
}

const SIGNS: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Equal: '=',
  Minus: '−',
  NumpadAdd: '+',
}

/** `$mod+Shift+d` as `Ctrl+Shift+D`, or as `⇧⌘D` on a Mac. */
export function showKeys(keys: string, { mac, browser }: KeyMachine): string {
  const parts = keys.split(/(?<=\w|\])\+/)
  const last = parts.pop() ?? ''
  const digit = /^Digit(\d)$/.exec(last)?.[1]
  // A browser keeps the chord without Shift for its tabs.
  const modifiers = parts
    .map((part) => (part === '[Shift]' && digit && browser ? 'Shift' : part))
    .filter((part) => !part.startsWith('['))
    .map((part) => (part === '$mod' ? (mac ? 'Meta' : 'Control') : part))
  const named: Record<string, string> = words.keys.names
  const key =
    digit ?? SIGNS[last] ?? named[last] ?? last.replace(/^Key/, '').replace(/^\p{L}$/u, (sign) => sign.toUpperCase())
  if (mac) {
    const signs: Record<string, string> = { Control: '⌃', Alt: '⌥', Shift: '⇧', Meta: '⌘' }
    const order = ['Control', 'Alt', 'Shift', 'Meta']
    return (
      modifiers
        .sort((a, b) => order.indexOf(a) - order.indexOf(b))
        .map((part) => signs[part] ?? part)
        .join('') + key
    )
  }
  return [...modifiers.map((part) => named[part] ?? part), key].join('+')
}

/** Whether what is pressed belongs to a text that is being written. */
export function isTyping(target: EventTarget | null): boolean {
  if (!target || !('closest' in target)) return false
  const element = target as Element
  if (element.closest('textarea, select, [contenteditable]:not([contenteditable="false"])')) return true
  return element.matches('input:not([type=checkbox], [type=radio], [type=range], [type=button])')
}

/** Whether keys hold a modifier that a text does not take (or are a function key), so that they work while one writes. */
export function worksWhileTyping(keys: string): boolean {
  const press = parse(keys)
  if (!press) return false
  const [required, , key] = press
  return required.some((modifier) => modifier !== 'Shift') || /^F\d+$/.test(String(key))
}
