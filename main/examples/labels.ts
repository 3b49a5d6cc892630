/** Answers out of a set, as a prompt's answers are written and compared. */
import type { Tokenizer } from '../inference/types.ts'
import { TASKS } from './tasks.ts'
import type { TaskName } from './types.ts'

/**
 * " " + label + end token, as examples end. The end token is counted: without it a label would be favoured for being how
 * another begins (`c` and `c++`).
 */
export function labelTokens(tokenizer: Pick<Tokenizer, 'tokenize' | 'endToken'>, label: string): Int32Array {
  return Int32Array.from([...tokenizer.tokenize(` ${label}`), tokenizer.endToken])
}

/** `maxTokens` of a prompt beside which each of the labels fits: one may be longer than the room that a prompt leaves. */
export function roomBeside(
  tokenizer: Pick<Tokenizer, 'tokenize' | 'endToken'>,
  contextSize: number,
  task: TaskName,
  labels: readonly string[],
): number {
  const longest = labels.reduce((most, label) => Math.max(most, labelTokens(tokenizer, label).length), 0)
  return contextSize - Math.max(0, longest - TASKS[task].answerRoom)
}

/**
 * By what log-probabilities are divided before they become shares. A base that never learnt to tag says its neighbour's tag
 * again, and was sure of it (.97 on average) where it was right in .64 of 56 cases; at 4 it is as sure as it is right. A voice that
 * learnt tags is so by itself, and a base's scores were not measured (docs/notebook.md).
 * @param voiced whether a voice answers
 */
export function labelTemperature(task: TaskName, voiced: boolean): number {
  return task === 'tag' && !voiced ? 4 : 1
}

/** The softmax: shares of labels from their log-probabilities (nats), or from any weights given as logarithms. */
export function sharesOf(logs: readonly number[]): number[] {
  const most = Math.max(...logs)
  const weights = logs.map((log) => Math.exp(log - most))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
