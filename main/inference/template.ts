/** A conversation as text, by the model file's own chat template, or a plain one where it has none. */
import { Template } from '@huggingface/jinja'
import { IdiolectError, messageOf } from '../errors.ts'
import type { ChatTurn } from './types.ts'

export interface SpecialTexts {
  /** Texts of the begin and end tokens, which templates may print. */
  begin: string
  end: string
}

/** Ends an answer where the plain template is used: the model would otherwise speak for the user. */
export const PLAIN_STOP = '\nUser:'

export function plainTemplate(turns: ChatTurn[]): string {
  const said = turns.map(({ role, text }) =>
    role === 'system' ? text : `${role === 'user' ? 'User' : 'Assistant'}: ${text}`,
  )
  return `${said.join('\n')}\nAssistant:`
}

/**
 * The rendered conversation, ready for the assistant's answer.
 * Templates that know no system role get its text at the head of the first question: those that refuse it (Gemma's
 * among them), and those that leave it out without a word (Phi 3 mini's).
 * Errors: `BadChatTemplate`.
 */
export function renderTemplate(source: string, turns: ChatTurn[], special: SpecialTexts): string {
  const template = parsed(source)
  const folded = foldSystem(turns)
  let text: string | null = null
  try {
    text = render(template, turns, special, true)
    if (folded === turns || says(text, turns[0])) return text
  } catch (error) {
    if (folded === turns) throw badTemplate(error)
  }
  try {
    const whole = render(template, folded, special, true)
    // Neither may say it, where a template changes what it is given: the system's turn was not left out then.
    return text === null || says(whole, turns[0]) ? whole : text
  } catch (error) {
    if (text !== null) return text
    throw badTemplate(error)
  }
}

function says(text: string, turn: ChatTurn | undefined): boolean {
  return text.includes(turn?.text.trim() ?? '')
}

/**
 * What the template writes after an answer: the end of a turn, and what may follow it. Empty where it does not say.
 * Errors: `BadChatTemplate`.
 */
export function afterAnswer(source: string, special: SpecialTexts): string {
  const answer = 'Seventeen'
  const turns: ChatTurn[] = [
    { role: 'user', text: 'How many?' },
    { role: 'assistant', text: answer },
  ]
  try {
    const text = render(parsed(source), turns, special, false)
    const at = text.lastIndexOf(answer)
    return at < 0 ? '' : text.slice(at + answer.length)
  } catch (error) {
    throw badTemplate(error)
  }
}

function parsed(source: string): Template {
  try {
    return new Template(source)
  } catch (error) {
    throw badTemplate(error)
  }
}

function render(template: Template, turns: ChatTurn[], special: SpecialTexts, answerNext: boolean): string {
  return template.render({
    messages: turns.map(({ role, text }) => ({ role, content: text })),
    add_generation_prompt: answerNext,
    bos_token: special.begin,
    eos_token: special.end,
    tools: null,
    // Templates of reasoning models: answer at once.
    enable_thinking: false,
  })
}

function foldSystem(turns: ChatTurn[]): ChatTurn[] {
  const [first, second, ...rest] = turns
  if (first?.role !== 'system' || second?.role !== 'user') return turns
  return [{ role: 'user', text: `${first.text}\n\n${second.text}` }, ...rest]
}

function badTemplate(error: unknown): IdiolectError {
  if (error instanceof IdiolectError) return error
  return new IdiolectError(
    'BadChatTemplate',
    `The model's chat template cannot be used: ${messageOf(error)}`,
    'Choose another model for chat.',
    { cause: error },
  )
}
