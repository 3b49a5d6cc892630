import { expect, test } from 'vitest'
import { plainTemplate, renderTemplate } from '../../main/inference/template.ts'
import type { ChatTurn } from '../../main/inference/types.ts'

const turns: ChatTurn[] = [
  { role: 'system', text: 'Be brief.' },
  { role: 'user', text: 'Hello?' },
]
const special = { begin: '<s>', end: '</s>' }

test('without a template: names and colons', () => {
  expect(plainTemplate(turns)).toBe('Be brief.\nUser: Hello?\nAssistant:')
})

test('a template gets roles, contents, special texts and the generation prompt', () => {
  const source =
    "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{{ eos_token }}{% endfor %}" +
    '{% if add_generation_prompt %}[assistant]{% endif %}'
  expect(renderTemplate(source, turns, special)).toBe('<s>[system]Be brief.</s>[user]Hello?</s>[assistant]')
})

test('a template that refuses system turns gets the text at the head of the question', () => {
  const source =
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"
  expect(renderTemplate(source, turns, special)).toBe('<user>Be brief.\n\nHello?')
})

test('a broken template is said to be one', () => {
  expect(() => renderTemplate('{% for %}', turns, special)).toThrow(
    expect.objectContaining({ name: 'BadChatTemplate' }),
  )
  const refuses = "{{ raise_exception('never') }}"
  expect(() => renderTemplate(refuses, turns, special)).toThrow(/chat template cannot be used: .*never/)
})
