import { expect, test } from 'vitest'
import { afterAnswer, plainTemplate, renderTemplate } from '../../main/inference/template.ts'
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

/** In the manner of Phi 3 mini's: two roles are written, and what has another is passed over. */
const TWO_ROLES =
  "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}" +
  "{{ '<|user|>\n' + m['content'] + '<|end|>\n<|assistant|>\n' }}" +
  "{% elif m['role'] == 'assistant' %}{{ m['content'] + '<|end|>\n' }}{% endif %}{% endfor %}"

test('a template that leaves system turns out gets the text at the head of the question, too', () => {
  expect(renderTemplate(TWO_ROLES, turns, special)).toBe('<s><|user|>\nBe brief.\n\nHello?<|end|>\n<|assistant|>\n')
  const later: ChatTurn[] = [...turns, { role: 'assistant', text: 'Hi.' }, { role: 'user', text: 'Who?' }]
  expect(renderTemplate(TWO_ROLES, later, special)).toBe(
    '<s><|user|>\nBe brief.\n\nHello?<|end|>\n<|assistant|>\nHi.<|end|>\n<|user|>\nWho?<|end|>\n<|assistant|>\n',
  )
  expect(renderTemplate(TWO_ROLES, turns.slice(1), special)).toBe('<s><|user|>\nHello?<|end|>\n<|assistant|>\n')
})

test('a template that changes what it is given keeps the turns as they are', () => {
  const source = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] | upper }}{% endfor %}"
  expect(renderTemplate(source, turns, special)).toBe('<system>BE BRIEF.<user>HELLO?')
  const trims = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] | trim }}{% endfor %}"
  const spaced: ChatTurn[] = [{ role: 'system', text: ' Be brief.\n' }, ...turns.slice(1)]
  expect(renderTemplate(trims, spaced, special)).toBe('<system>Be brief.<user>Hello?')
})

test('a broken template is said to be one', () => {
  expect(() => renderTemplate('{% for %}', turns, special)).toThrow(
    expect.objectContaining({ name: 'BadChatTemplate' }),
  )
  const refuses = "{{ raise_exception('never') }}"
  expect(() => renderTemplate(refuses, turns, special)).toThrow(/chat template cannot be used: .*never/)
})

/** Templates in the manner of the families that are carried, each with what they use of Jinja. */
const families = {
  'llama 3':
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' }}" +
    "{{ m['content'] | trim + '<|eot_id|>' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  mistral:
    '{{ bos_token }}{% for m in messages %}' +
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}" +
    "{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}" +
    '{% endfor %}',
  qwen:
    "{%- set ns = namespace(last=messages|length - 1) -%}{%- if tools %}{{- 'tools' }}{%- endif -%}" +
    "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' + m.content.split('</think>')[-1] + '<|im_end|>\n' }}{%- endfor -%}" +
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}" +
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}",
  gemma:
    "{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{{ raise_exception('no system role') }}{%- endif -%}" +
    "{%- for m in messages -%}{%- set role = 'model' if m['role'] == 'assistant' else m['role'] -%}" +
    "{{ '<start_of_turn>' + role + '\n' + m['content'] | trim + '<end_of_turn>\n' }}{%- endfor -%}" +
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}",
  phi:
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
}

test.each([
  ['llama 3', '<|start_header_id|>assistant<|end_header_id|>\n\n', '<|eot_id|>'],
  ['mistral', ' [/INST]', '</s>'],
  ['qwen', '<|im_start|>assistant\n<think>\n\n</think>\n\n', '<|im_end|>\n'],
  ['gemma', '<start_of_turn>model\n', '<end_of_turn>\n'],
  ['phi', '<|assistant|>\n', '<|end|>\n</s>'],
] as const)('%s: the answer is asked for at the end, and what follows one is known', (family, prompt, after) => {
  const text = renderTemplate(families[family], turns, special)
  expect(text).toContain('Be brief.')
  expect(text).toContain('Hello?')
  expect(text.endsWith(prompt)).toBe(true)
  expect(afterAnswer(families[family], special)).toBe(after)
})
